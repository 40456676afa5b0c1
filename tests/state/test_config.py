"""config.toml: frozen, strict, and everything wrong at once."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from livediffusion.config import Config, load_config, model_name, overridden, parse_config
from livediffusion.errors import UserError

SHIPPED = Path(__file__).parents[2] / "config.toml"


def test_the_shipped_config_shows_the_defaults():
    shown = re.sub(r"^# ([a-z_]+ =)", r"\1", SHIPPED.read_text(), flags=re.MULTILINE)
    none = {"models": {}, "loras": {}, "decoders": {}}
    assert replace(parse_config(shown), **none) == Config()
    assert replace(load_config(SHIPPED), path=None) == Config()


def test_every_mistake_is_said_at_once():
    text = (
        '[ocs]\n[osc]\nhost = "0.0.0.0"\nport = "x"\nalow = []\n[clock]\nsource = "lnk"\n'
        '[web]\nhost = "foo"\n[audio]\nchannels = [1]\n[render]\ndtype = "flot16"\ncache_mb = nan\n'
    )
    with pytest.raises(UserError) as refusal:
        parse_config(text, Path("c.toml"))
    lines = str(refusal.value).splitlines()
    words = ['Did you mean "osc"?', "osc.allow", "1 to 65535", 'Did you mean "allow"?',
             '"midi" or "link"', "IP address", "2 entries", '"float16"', "not nan"]  # fmt: skip
    assert all(word in line for word, line in zip(words, lines, strict=True))
    assert [int(line.split(":")[1]) for line in lines] == [1, 3, 4, 5, 7, 9, 11, 13, 14]


def test_an_open_host_needs_to_know_who_may_send():
    with pytest.raises(UserError, match="who may send"):
        parse_config('osc.host = "192.168.1.5"')
    config = parse_config('[osc]\nhost = "0.0.0.0"\nallow = ["192.168.1.0/24"]')
    assert config.osc.host == "0.0.0.0"


def test_the_command_line_comes_first():
    config = overridden(Config(), {"audio.device": "jack", "render.model": None, "osc.port": 9001})
    assert (config.audio.device, config.render.model, config.osc.port) == ("jack", "pocket", 9001)
    with pytest.raises(UserError, match="1 to 65535"):
        overridden(Config(), {"osc.port": 0})


def test_places_are_tried_in_order(tmp_path, monkeypatch):
    (tmp_path / "home" / "livediffusion").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert load_config() == Config()
    (tmp_path / "home" / "livediffusion" / "config.toml").write_text("[osc]\nport = 7001\n")
    assert load_config().osc.port == 7001
    (tmp_path / "config.toml").write_text("[osc]\nport = 7002\n")
    assert load_config().osc.port == 7002


def test_a_missing_config_is_said():
    with pytest.raises(UserError, match="cannot be read"):
        load_config(Path("nowhere.toml"))


def test_feedback_goes_to_endpoints():
    assert parse_config('osc.feedback = ["127.0.0.1:9000"]').osc.feedback == (("127.0.0.1", 9000),)
    with pytest.raises(UserError, match="written as"):
        parse_config('osc.feedback = ["9000"]')


def test_the_command_lines_model_comes_before_the_patchs_and_the_configs():
    config = overridden(Config(), {"render.model": "from config"})
    assert model_name(config, "", "") == "from config"
    assert model_name(config, "from patch") == "from patch"
    assert model_name(config, "from patch", "asked for") == "asked for"


def test_oscquery_can_be_switched_off_moved_and_kept_quiet():
    assert Config().web.serve and Config().web.announce and Config().web.port == 7771
    web = parse_config("[web]\nserve = false\nport = 8080\nannounce = false\n").web
    assert (web.serve, web.port, web.announce) == (False, 8080, False)
    with pytest.raises(UserError) as broken:
        parse_config('[web]\nserve = "no"\nanounce = true\nhost = "0.0.0.0"\n')
    said = str(broken.value)
    assert all(words in said for words in ("serve must be", "announce", "web.allow"))
