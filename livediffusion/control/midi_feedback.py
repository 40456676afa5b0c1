"""Values out to controllers: rings, motor faders and lights show what their controls move.

Thirty times a second everything that a device can show is compared with what it was sent last, and
what differs is sent: a device gets no value more often, and its last state always. A fader or knob
is told nothing while it is being moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from livediffusion.control.midibytes import Message, messages_for
from livediffusion.state.controls import KEYS, Control, MidiMapping, client_of
from livediffusion.state.decoder import Moved
from livediffusion.state.lights import SHOWING, light_of, unlit
from livediffusion.state.mapping import BANK, is_live
from livediffusion.types import Seconds, Value

ValueOf: TypeAlias = Callable[[str], Value | None]

_INTERVAL = 1 / 30  # seconds between two looks, and so between two values of one control
_REST = 0.3  # seconds a control must have been let go before it is told its value
_MESSAGES_A_LOOK = 15  # to one device: half of what a MIDI cable carries
_GO_DARK = ("cc", "note")  # a motor fader that moves nothing stays where it is


class Outputs(Protocol):
    """What is needed of MidiOutputs."""

    @property
    def devices(self) -> frozenset[str]: ...

    @property
    def opened(self) -> int: ...

    def send(self, device: str, message: Message) -> None: ...


@dataclass(slots=True)
class _Light:
    """What one control of one device shows; `mapping` None lets it go dark."""

    mapping: MidiMapping | None
    dark: int = 0
    sent: int | None = None
    rests_at: Seconds = 0.0


_Key: TypeAlias = tuple[str, Control]  # the device's name, the control with its channel


class MidiFeedback:
    """Threading: the control loop's alone. Times are time.monotonic()'s."""

    def __init__(self, outputs: Outputs, value_of: ValueOf) -> None:
        self._outputs = outputs
        self._value_of = value_of
        self._mappings: tuple[MidiMapping, ...] = ()
        self._lights: dict[_Key, _Light] = {}
        self._channels: dict[tuple[str, str, int | None], int] = {}  # where controls were heard
        self._layout: object = None  # what the lights were laid out for
        self._next: Seconds = 0.0

    def take(self, mappings: Sequence[MidiMapping]) -> None:
        """Show what these mappings move."""
        self._mappings = tuple(one for one in mappings if one.control.kind in SHOWING)
        self._layout = None

    def heard(self, device: str, moved: Moved, now: Seconds) -> None:
        """A control has been moved: it may have changed its own light, and is left alone."""
        control, client = moved.control, client_of(device)
        place = (client, control.kind, control.number)
        if control.channel is not None and place not in self._channels:
            self._channels[place] = control.channel
            self._layout = None
        for (name, shown), light in self._lights.items():
            if shown == control and client_of(name) == client:
                light.sent = None
                waits = light.mapping is not None and light.mapping.takeover != "relative"
                if waits and control.kind not in KEYS:
                    light.rests_at = now + _REST

    def refresh(self, now: Seconds) -> None:
        """Send what has changed; call it often."""
        devices = self._outputs.devices
        if now < self._next or not devices:
            return
        self._next = now + _INTERVAL
        layout = (self._value_of(BANK), devices, self._outputs.opened)
        if layout != self._layout:
            self._lay_out(devices)
            self._layout = layout
        left, too_many = dict.fromkeys(devices, _MESSAGES_A_LOOK), {}
        for (device, control), light in self._lights.items():
            if left[device] <= 0:
                too_many[device, control] = light
            elif now >= light.rests_at:
                left[device] -= self._show(device, control, light)
        if too_many:
            self._lights = too_many | self._lights  # they are the first next time

    def go_dark(self) -> None:
        """Switch the lights of keys and buttons off, at the end."""
        for (device, control), light in self._lights.items():
            if control.kind == "note" and light.sent:
                self._send(device, control, light.dark)

    def _show(self, device: str, control: Control, light: _Light) -> int:
        """Send a light's value if it is news; how many messages that took."""
        if light.mapping is None:
            wanted: int | None = light.dark
        else:
            wanted = light_of(light.mapping, self._value_of(light.mapping.target))
        if wanted is None or wanted == light.sent:
            return 0
        light.sent = wanted
        return self._send(device, control, wanted)

    def _send(self, device: str, control: Control, value: int) -> int:
        messages = messages_for(control, value)
        for message in messages:
            self._outputs.send(device, message)
        return len(messages)

    def _lay_out(self, devices: frozenset[str]) -> None:
        """Give every control that is mapped now its light, and let the others go dark.

        Everything is sent again. Of several mappings of one control, the first is shown.
        """
        bank = self._value_of(BANK)
        number = int(bank) if isinstance(bank, int | float) else None
        before, self._lights = self._lights, {}
        for device in sorted(devices):
            for mapping in self._mappings:
                if is_live(mapping, number) and mapping.hears(device):
                    control = self._with_channel(device, mapping.control)
                    self._lights.setdefault((device, control), _Light(mapping, unlit(mapping)))
        for (device, control), light in before.items():
            if (device, control) in self._lights:
                self._lights[device, control].rests_at = light.rests_at
            elif device in devices and control.kind in _GO_DARK:
                self._lights[device, control] = _Light(None, light.dark, light.sent)

    def _with_channel(self, device: str, control: Control) -> Control:
        if control.channel is not None:
            return control
        place = (client_of(device), control.kind, control.number)
        return replace(control, channel=self._channels.get(place, 1))
