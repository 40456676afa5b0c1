"""A picture of a set: its waveform, its spectrogram, and what happened when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from livediffusion.errors import UserError
from livediffusion.session.info import clock, happened
from livediffusion.session.recorded import Session
from livediffusion.session.sound import FULL_SCALE
from livediffusion.types import SAMPLE_RATE, Frames, Json

_WIDTH = 1600  # pixels; also columns of time
_WAVE, _BANDS, _HEAD, _RULER = 160, 256, 132, 24  # heights in pixels
_WINDOW: Frames = 4096
_LOWEST, _HIGHEST = 30.0, 16000.0  # Hz
_RANGE = 90.0  # dB from black to white
_BACK, _INK, _FAINT = (14, 14, 20), (225, 225, 235), (90, 90, 105)
_COLOURS = {
    "mark": (255, 196, 0), "scene": (90, 220, 140), "patch": (120, 170, 255),
    "model": (200, 140, 255), "tempo": (255, 140, 90), "lost": (255, 70, 70),
    "player": (255, 70, 70), "notice": (150, 150, 160),
}  # fmt: skip
_MOST_NAMED = 60
_LANE = 12  # pixels a line of words

Columns = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def draw(session: Session, path: Path) -> None:
    """Write the picture as PNG. Raises UserError when it cannot be written."""
    low, high, bands = columns(session, _WIDTH)
    image = Image.new("RGB", (_WIDTH, _HEAD + _WAVE + _BANDS + _RULER), _BACK)
    image.paste(_spectrogram(bands), (0, _HEAD + _WAVE))
    pen = ImageDraw.Draw(image)
    middle = _HEAD + _WAVE // 2
    for x, (bottom, top) in enumerate(zip(low, high, strict=True)):
        pen.line((x, middle - top * _WAVE / 2, x, middle - bottom * _WAVE / 2), fill=_INK)
    _write_events(pen, session)
    _write_ruler(pen, session)
    try:
        image.save(path, "PNG")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}") from error


def columns(session: Session, count: int) -> Columns:
    """Lowest and highest sample (-1..1), (count,), and level in dB, (bands, count), over time."""
    low, high = np.zeros(count), np.zeros(count)
    power: NDArray[np.float64] = np.zeros((_BANDS, count))
    seen = np.zeros(count)
    total, at = session.end - session.start, 0
    window = np.hanning(_WINDOW)
    edges = _edges()
    rest: NDArray[np.float64] = np.zeros(0)
    for samples in session.samples():
        sound = np.concatenate([rest, samples.mean(axis=1) / FULL_SCALE])
        whole = len(sound) // _WINDOW
        for part in sound[: whole * _WINDOW].reshape(whole, _WINDOW):
            column = min(at * count // total, count - 1)
            low[column] = min(low[column], float(part.min()))
            high[column] = max(high[column], float(part.max()))
            spectrum = np.square(np.abs(np.fft.rfft(part * window)) * 4.0 / _WINDOW)
            power[:, column] += np.add.reduceat(spectrum, edges)[:_BANDS]
            seen[column] += 1
            at += _WINDOW
        rest = sound[whole * _WINDOW :]
    _fill_gaps(seen, low, high, power)
    return low, high, 10.0 * np.log10(power / np.maximum(seen, 1.0) + 1e-12)


def _edges() -> NDArray[np.int64]:
    """First bin of each band, rising in equal steps of pitch, and of what is above them."""
    pitches = np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1)
    edges = np.rint(pitches * _WINDOW / SAMPLE_RATE).astype(np.int64)
    return edges.clip(1, _WINDOW // 2)


def _fill_gaps(
    seen: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    power: NDArray[np.float64],
) -> None:
    """Columns of a short session that no window fell into are like the one before."""
    last = 0
    for column in range(len(seen)):
        if seen[column]:
            last = column
        elif seen[last]:
            low[column], high[column] = low[last], high[last]
            power[:, column], seen[column] = power[:, last], seen[last]


def _spectrogram(levels: NDArray[np.float64]) -> Image.Image:
    bright = np.clip((levels - levels.max()) / _RANGE + 1.0, 0.0, 1.0)[::-1]
    colours = np.stack([bright**1.4, bright**2.2, 0.15 + 0.6 * bright**0.8], axis=-1)
    return Image.fromarray((colours * 255).astype(np.uint8))


def _write_events(pen: ImageDraw.ImageDraw, session: Session) -> None:
    """A line for each thing that happened, its words where there is room."""
    font = ImageFont.load_default(10)
    ends = [0.0] * (_HEAD // _LANE)  # of the words in each lane
    bottom = _HEAD + _WAVE + _BANDS
    for event in _most_telling(happened(session)):
        x = event["time"] / max(session.time(session.end), 1e-9) * (_WIDTH - 1)
        colour = _COLOURS.get(event["kind"], _FAINT)
        words = event["what"] if event["kind"] == "mark" else f"{event['kind']} {event['what']}"
        lane = next((n for n, end in enumerate(ends) if end <= x), None)
        pen.line((x, 0 if lane is None else lane * _LANE, x, bottom), fill=colour)
        if lane is not None:
            words = words[:40].strip()
            pen.text((x + 3, lane * _LANE), words, fill=colour, font=font)
            ends[lane] = x + 9 + pen.textlength(words, font=font)


def _most_telling(events: list[Json]) -> list[Json]:
    """Not too many to be read: marks and scenes first."""
    order = list(_COLOURS)
    ranked = sorted(
        events, key=lambda event: order.index(event["kind"]) if event["kind"] in order else 99
    )
    return sorted(ranked[:_MOST_NAMED], key=lambda event: float(event["time"]))


def _write_ruler(pen: ImageDraw.ImageDraw, session: Session) -> None:
    font, seconds = ImageFont.load_default(11), session.time(session.end)
    top = _HEAD + _WAVE + _BANDS
    step = next((s for s in (1, 5, 10, 30, 60, 300, 600, 1800, 3600) if seconds / s <= 16), 7200)
    for time in range(0, int(seconds) + 1, step):
        x = time / max(seconds, 1e-9) * (_WIDTH - 1)
        pen.line((x, top, x, top + 6), fill=_INK)
        pen.text((x + 4, top + 6), clock(float(time)), fill=_INK, font=font)
