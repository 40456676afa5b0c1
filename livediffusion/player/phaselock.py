"""Keeping in phase with a clock that leads: a second-order loop (proportional and integral).

It is wide at first, to be there within two bars, and grows narrow while nothing happens, so that
the jitter of what it hears is averaged over seconds (F. M. Gardner, "Phaselock Techniques").
"""

from __future__ import annotations

import math

from livediffusion.types import Seconds

_WIDE, _NARROW = 3.0, 0.3  # natural frequency, radians a second; critically damped
_NARROWING = 4.0  # it is this over the seconds since something happened
_SMOOTHING = 0.3  # of the error, over the natural frequency
_MOST = 0.08  # by how much faster or slower the song goes to catch up
_MOST_DRIFT = 0.02  # and how much of it is kept
_DISTURBED: Seconds = 0.005  # an error, smoothed over a tenth of a second, that is no jitter
_ALARM: Seconds = 0.1


class PhaseLock:
    """From phase errors to small changes of speed.

    Threading: belongs to the audio thread.
    """

    def __init__(self) -> None:
        self._error: Seconds = 0.0  # smoothed
        self._alarm: Seconds = 0.0  # the error, smoothed less
        self._drift = 0.0
        self._calm: Seconds = 0.0

    def reset(self) -> None:
        """Something new: begin wide, and forget."""
        self._error = self._alarm = self._drift = self._calm = 0.0

    def widen(self) -> None:
        """Something has changed: be quick again."""
        self._calm = 0.0

    def step(self, error: Seconds, passed: Seconds) -> float:
        """How much faster to go, relatively; `error` is how far the song is behind the clock."""
        frequency = min(max(_NARROWING / (self._calm + 1e-9), _NARROW), _WIDE)
        self._error += (error - self._error) * -math.expm1(-passed * frequency / _SMOOTHING)
        self._alarm += (error - self._alarm) * min(passed / _ALARM, 1.0)
        if abs(self._alarm) > _DISTURBED:
            self._calm = 0.0
        self._calm += passed
        wished = 2.0 * frequency * self._error + self._drift
        if abs(wished) < _MOST:
            drift = self._drift + frequency**2 * self._error * passed
            self._drift = min(max(drift, -_MOST_DRIFT), _MOST_DRIFT)
        return min(max(wished, -_MOST), _MOST)
