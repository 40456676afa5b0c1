"""How the supervisor starts a child: a fresh interpreter, settings over a pipe, then `main`.

`python -m livediffusion.ipc.launch MODULE FD` reads the settings (JSON) from the pipe whose read
end is FD, and calls `MODULE.main(settings, lifeline)`. A module names its settings' dataclass
in its annotations. Nothing of the parent is inherited or imported again, so a player is back in a
few tenths of a second.
"""

from __future__ import annotations

import contextlib
import dataclasses
import faulthandler
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import typing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, NoReturn

from livediffusion.errors import UserError
from livediffusion.ipc.logfile import log_to
from livediffusion.types import Json

FAILED_EXIT = 78  # sysexits.h: configuration error
_TELLS_S = 0.1  # that a process which hangs is given to say where


def start(name: str, module: str, settings: Any) -> tuple[subprocess.Popen[bytes], Connection]:
    """Start `module.main` in a fresh interpreter; its process and our end of its lifeline.

    `settings` is a dataclass instance with a `run_dir`; what the child prints goes to files there.
    """
    read_end, write_end = os.pipe()
    stray: IO[bytes]
    with (settings.run_dir / f"{name}.out").open("ab") as stray:
        process = subprocess.Popen(
            [sys.executable, "-m", "livediffusion.ipc.launch", name, module, str(read_end)],
            stdin=subprocess.DEVNULL,
            stdout=stray,
            stderr=stray,
            pass_fds=(read_end,),
        )
    os.close(read_end)
    lifeline = Connection(write_end, readable=False)
    lifeline.send_bytes(json.dumps(dataclasses.asdict(settings), default=str).encode())
    return process, lifeline


def ask_where(process: subprocess.Popen[bytes]) -> None:
    """Have a child that hangs write where each of its threads stands to its file, for engineers."""
    if hasattr(faulthandler, "register"):  # not on Windows
        with contextlib.suppress(OSError):
            process.send_signal(signal.SIGUSR1)
            time.sleep(_TELLS_S)


def failure(run_dir: Path, name: str) -> str | None:
    """The sentence with which a child gave up for a reason that the user can mend."""
    path = run_dir / f"{name}.failed"
    return path.read_text(encoding="utf-8") if path.exists() else None


def decode(settings_class: type[Any], values: Json) -> Any:
    """Build a settings dataclass from JSON: paths and tuples become what they were."""
    hints = typing.get_type_hints(settings_class)
    fields = {key: _decode_value(hints[key], value) for key, value in values.items()}
    return settings_class(**fields)


def _decode_value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    kinds = typing.get_args(hint) if typing.get_origin(hint) is not tuple else ()
    if dataclasses.is_dataclass(hint):
        return decode(hint, value)  # type: ignore[arg-type]
    if hint is Path or Path in kinds:
        return Path(value)
    if typing.get_origin(hint) is tuple:
        return tuple(_decode_value(typing.get_args(hint)[0], item) for item in value)
    return value


def main() -> None:
    """Entry point of the child's interpreter."""
    name, module_name, descriptor = sys.argv[1:]
    lifeline = Connection(int(descriptor), writable=False)
    values = json.loads(lifeline.recv_bytes())
    threading.main_thread().name = "main"
    faulthandler.enable()  # native code that crashes leaves a trace
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1)
    run_dir = Path(values["run_dir"])
    log_to(run_dir, name)
    failed = run_dir / f"{name}.failed"
    failed.unlink(missing_ok=True)
    try:
        module = importlib.import_module(module_name)
        settings_class = typing.get_type_hints(module.main)["settings"]
        module.main(decode(settings_class, values), lifeline)
        leave()
    except UserError as error:
        failed.write_text(str(error), encoding="utf-8")
        sys.exit(FAILED_EXIT)
    except Exception:
        logging.getLogger(__name__).exception("%s stopped by a fault of the program", name)
        sys.exit(1)


def leave() -> NoReturn:
    """End this process in order, but without waiting for its threads.

    One may be in the middle of loading a library, which takes long and ends in an abort.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
