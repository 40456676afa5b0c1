"""The file format of Max patchers (.maxpat), as far as it is needed: boxes and cords, in JSON."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

Box = dict[str, Any]

_APP = {"major": 8, "minor": 6, "revision": 0, "architecture": "x64", "modernui": 1}


class Patcher:
    """A patcher. What is added answers with its id, for `connect`."""

    def __init__(self, width: int, height: int) -> None:
        self._size = [60.0, 90.0, float(width), float(height)]
        self._boxes: list[Box] = []
        self._cords: list[Box] = []

    def add(self, maxclass: str, rect: tuple[float, ...], ins: int, outs: int, **more: Any) -> str:
        """A box of any class at (x, y, width, height), in pixels, with so many in- and outlets."""
        name = f"obj-{len(self._boxes) + 1}"
        box: Box = {"id": name, "maxclass": maxclass, "numinlets": ins, "numoutlets": outs}
        if outs:
            box["outlettype"] = [""] * outs
        self._boxes.append({"box": box | {"patching_rect": [float(v) for v in rect]} | more})
        return name

    def obj(self, x: float, y: float, text: str, ins: int = 1, outs: int = 1) -> str:
        """An object box."""
        rect = (x, y, 14 + 6.5 * len(text), 22)
        return self.add("newobj", rect, ins, outs, text=text)

    def msg(self, x: float, y: float, text: str, **more: Any) -> str:
        """A message box."""
        return self.add("message", (x, y, 14 + 6.5 * len(text), 22), 2, 1, text=text, **more)

    def comment(self, x: float, y: float, text: str, width: float, **more: Any) -> str:
        """A comment."""
        return self.add("comment", (x, y, width, 20), 1, 0, text=text, **more)

    def connect(self, source: str, target: str, outlet: int = 0, inlet: int = 0) -> None:
        """A cord."""
        cord = {"source": [source, outlet], "destination": [target, inlet]}
        self._cords.append({"patchline": cord})

    def chain(self, *boxes: str) -> str:
        """Cords from first outlet to first inlet; the last box."""
        for source, target in pairwise(boxes):
            self.connect(source, target)
        return boxes[-1]

    def content(self, **more: Any) -> bytes:
        """The whole file."""
        head: Box = {
            "fileversion": 1,
            "appversion": _APP,
            "classnamespace": "box",
            "rect": self._size,
            "openinpresentation": 1,
        }
        rows = [f"{_json(key)}: {_json(value)}" for key, value in (head | more).items()]
        rows.append(f'"boxes": [\n{_rows(self._boxes)}\n]')
        rows.append(f'"lines": [\n{_rows(self._cords)}\n]')
        return ('{"patcher": {\n' + ",\n".join(rows) + "\n}}\n").encode()


def _rows(found: list[Box]) -> str:
    return ",\n".join(map(_json, found))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
