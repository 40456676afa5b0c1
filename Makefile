# Two commands: `make play` and `make test`. Both set up everything they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NODE_STAMP := tests/node_modules/.installed
PATCH ?=
NODE_PACKAGES := $(if $(shell command -v npm),,nodejs npm)
TEST_PACKAGES := chromium libportaudio2 jackd2 jack-capture iproute2 liblo-tools puredata-core csound \
	libfluidsynth3 fluid-soundfont-gm sonic-pi-samples supercollider-language klick jack-midi-clock \
	$(NODE_PACKAGES)
PLAY_PACKAGES := libportaudio2

.PHONY: play test long check bench clean system-play system-test

play: $(STAMP) system-play  ## play a patch: make play, make play PATCH=house_to_dnb
	$(BIN)/livediffusion play $(PATCH)

test: $(STAMP) system-test $(NODE_STAMP) check  ## everything that CI runs
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'not long and not live' -n 2
	@# what plays in real time by itself, and once more if the machine stalled
	$(BIN)/python -m pytest -m 'live and not long' --reruns 1

long: $(STAMP) system-test $(NODE_STAMP)  ## what takes minutes: clients, sessions, sync without drift
	$(BIN)/python -m pytest -m long

check: $(STAMP)  ## style, types, and which folder may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=scripts $(BIN)/mypy --package clients
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

$(NODE_STAMP): tests/package-lock.json | system-test
	@cd tests && npm ci --silent --fetch-retries=1 --fetch-timeout=60000 || \
		{ echo "Without npm's packages the tests with clients of Node.js are skipped."; \
		mkdir -p node_modules; }
	@touch $@

system-play:
	@scripts/need-packages $(PLAY_PACKAGES)

system-test:
	@scripts/need-packages $(TEST_PACKAGES)

clean:
	rm -rf $(VENV) tests/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
