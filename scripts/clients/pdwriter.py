"""The file format of Pure Data, as far as it is needed: objects, messages, comments, cords."""

from __future__ import annotations

from itertools import pairwise

_FONT = 12


class Canvas:
    """A patch or a subpatch. What is added answers with its number, for `connect`."""

    def __init__(self, width: int, height: int) -> None:
        self._head = f"#N canvas 60 60 {width} {height} {_FONT};\n"
        self._lines: list[str] = []
        self._cords: list[str] = []
        self._count = 0

    def add(self, line: str) -> int:
        """Any element but a cord, without `#X` and semicolon."""
        self._lines.append(f"#X {line};\n")
        self._count += 1
        return self._count - 1

    def obj(self, x: int, y: int, text: str) -> int:
        """An object box."""
        return self.add(f"obj {x} {y} {text}")

    def msg(self, x: int, y: int, text: str) -> int:
        """A message box; commas, semicolons and dollars in it are escaped already."""
        return self.add(f"msg {x} {y} {text}")

    def comment(self, x: int, y: int, text: str, width: int = 0) -> int:
        """A comment, `width` characters wide (0: as it comes)."""
        escaped = text.replace(",", " \\,").replace(";", " \\;").replace("$", "\\$")
        return self.add(f"text {x} {y} {escaped}" + (f", f {width}" if width else ""))

    def connect(self, source: int, target: int, outlet: int = 0, inlet: int = 0) -> None:
        """A cord."""
        self._cords.append(f"#X connect {source} {outlet} {target} {inlet};\n")

    def chain(self, *boxes: int) -> int:
        """Cords from first outlet to first inlet; the last box."""
        for source, target in pairwise(boxes):
            self.connect(source, target)
        return boxes[-1]

    def subpatch(self, x: int, y: int, name: str, inner: Canvas) -> int:
        """Another canvas, in a box of its own."""
        head = inner._head.replace(f" {_FONT};", f" {name} 0;")
        self._lines.append(head + inner._body())
        return self.add(f"restore {x} {y} pd {name}")

    def text(self) -> str:
        """The whole file."""
        return self._head + self._body()

    def _body(self) -> str:
        return "".join(self._lines + self._cords)
