"""A control process comes back with the config it began with, whatever became of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from livediffusion.config import Config
from livediffusion.control.machine import read_config
from livediffusion.errors import UserError


def test_a_config_that_was_broken_or_removed_since_is_kept(tmp_path: Path) -> None:
    run_dir, path = tmp_path / "run", tmp_path / "config.toml"
    run_dir.mkdir()
    path.write_text("[osc]\nport = 7000\n")
    assert read_config(path, run_dir).osc.port == 7000
    path.write_text("[osc]\nprot = 7001\n")
    assert read_config(path, run_dir).osc.port == 7000
    path.unlink()
    assert read_config(path, run_dir).osc.port == 7000
    path.write_text("[osc]\nport = 7002\n")
    assert read_config(path, run_dir).osc.port == 7002


def test_one_that_is_broken_from_the_start_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[osc]\nprot = 7001\n")
    with pytest.raises(UserError, match="prot"):
        read_config(tmp_path / "config.toml", tmp_path / "nowhere")
    assert read_config(None, tmp_path) == Config()
