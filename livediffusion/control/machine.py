"""The machine's config, also for a control process that comes back after the file was broken."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from livediffusion.config import Config, load_config
from livediffusion.errors import UserError

_KEPT = "config.toml"
_log = logging.getLogger(__name__)


def read_config(path: Path | None, run_dir: Path) -> Config:
    """The config of a file, or as it was read before in this run where it is broken by now.

    Raises UserError when it is broken at the start.
    """
    if path is None:
        return Config()
    kept = run_dir / _KEPT
    try:
        config = load_config(path)
    except UserError as error:
        if not kept.exists():
            raise
        _log.warning("%s The config that this run began with is kept.", error)
        return load_config(kept)
    with contextlib.suppress(OSError):
        kept.write_bytes(path.read_bytes())
    return config
