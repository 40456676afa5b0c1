# Two commands: `make play` and `make test`. Both set up everything they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PATCH ?=
TEST_PACKAGES := libportaudio2 jackd2 jack-capture liblo-tools puredata-core csound \
	libfluidsynth3 fluid-soundfont-gm sonic-pi-samples
PLAY_PACKAGES := libportaudio2

.PHONY: play test check bench clean system-play system-test

play: $(STAMP) system-play  ## play a patch: make play, make play PATCH=house_to_dnb
	$(BIN)/livediffusion play $(PATCH)

test: $(STAMP) system-test check  ## everything that CI runs
	$(BIN)/python -m pytest

check: $(STAMP)  ## style, types, and which folder may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) system-play  ## measure this machine
	$(BIN)/livediffusion bench

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "livediffusion needs Python 3.11 or newer; set PYTHON=python3.11 (or later)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment; on Debian install python3-venv."; exit 1; }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

system-play:
	@scripts/need-packages $(PLAY_PACKAGES)

system-test:
	@scripts/need-packages $(TEST_PACKAGES)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
