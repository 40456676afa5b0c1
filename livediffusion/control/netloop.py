"""An asyncio loop on a thread of its own, for what speaks TCP."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from livediffusion.types import Seconds

_Result = TypeVar("_Result")
_LONGEST_END: Seconds = 1.0


class NetLoop:
    """Threading: `run` and `call` may be called from any thread but the loop's own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="net", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _Result], timeout: Seconds = 10.0) -> _Result:
        """Have the loop do something and wait for its result, or its exception."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def start(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Have the loop do something that goes on, or is waited for later."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the loop call something soon; nothing happens once it is closed."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Cancel what is going on, and end the thread."""
        if not self._thread.is_alive():
            return
        with contextlib.suppress(TimeoutError):
            self.run(_cancel_all(), _LONGEST_END)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LONGEST_END)
        if not self._thread.is_alive():
            self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
