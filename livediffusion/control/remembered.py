"""How the latest loops can be rendered again, as compactly as text: a night has thousands."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from livediffusion.types import Json

MOST_LOOPS = 2048  # as many as a renderer's cache holds, and those whose phases they went on from


class Remembered(Mapping[str, Json]):
    """Requests by their loops' keys; the oldest are forgotten.

    Threading: one thread adds; any may look a key up.
    """

    def __init__(self, most: int = MOST_LOOPS) -> None:
        self._most = most
        self._texts: OrderedDict[str, bytes] = OrderedDict()

    def add(self, key: str, request: Json) -> None:
        """Remember a request; one that is known becomes the newest."""
        self._texts[key] = json.dumps(request, separators=(",", ":")).encode()
        self._texts.move_to_end(key)
        while len(self._texts) > self._most:
            self._texts.popitem(last=False)

    def __getitem__(self, key: str) -> Json:
        request: Json = json.loads(self._texts[key])
        return request

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
