"""What may be put upon a model, as config.toml names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from livediffusion.config import parse_config
from livediffusion.render.settings import TAESD
from livediffusion.state.tomlsource import FileProblems

CONFIG = """
[render]
decoder = "small"
[loras]
techno = "techno.safetensors"
lcm = "latent-consistency/lcm-lora-sdv1-5"
[embeddings]
"<dub>" = "dub.safetensors"
[decoders]
small = "/models/small"
"""


def test_each_section_names_files_folders_and_hub_names() -> None:
    config = parse_config(CONFIG)
    addons = config.addons
    assert addons.sources("loras")["lcm"] == "latent-consistency/lcm-lora-sdv1-5"
    assert addons.sources("embeddings") == {"<dub>": "dub.safetensors"}
    assert addons.sources("decoders") == {"small": "/models/small", TAESD: "madebyollin/taesd"}
    assert config.render.decoder == "small"
    assert parse_config('[decoders]\ntaesd = "mine"').addons.sources("decoders") == {TAESD: "mine"}


def test_a_decoder_may_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    config = parse_config(f'[render]\ndecoder = "{tmp_path}"')
    assert config.addons.sources("decoders")[config.render.decoder] == str(tmp_path)


@pytest.mark.parametrize("word", ["a b", "(a)", "a:b", "[a", "a\\\\b"])
def test_a_word_must_be_one_that_a_prompt_can_hold(word: str) -> None:
    with pytest.raises(FileProblems, match="no word that can stand in a prompt"):
        parse_config(f'[embeddings]\n"{word}" = "x.safetensors"')
