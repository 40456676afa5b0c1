"""The machine's settings: config.toml (DESIGN.md section 7), frozen and strict.

Precedence is command line over patch over config: the command line's come in through
`overridden`, the patch's are asked for first by whoever builds the set.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeAlias

from livediffusion.errors import UserError
from livediffusion.render.request import BATCH_MOST
from livediffusion.render.settings import Addons
from livediffusion.spectrogram.params import PHASES, PhaseChoice
from livediffusion.state.checks import choice, flag, list_of, number, text, whole
from livediffusion.state.parameters import CLOCKS
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.state.tomlsource import Check, FileProblems, Problem, Source

Network: TypeAlias = IPv4Network | IPv6Network

FILE_NAME = "config.toml"


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """`channels` are the device's outputs for left and right, from 1; blocksize 0: its own."""

    device: str = ""  # "" for the system's default
    sample_rate: int = 48000  # Hz
    blocksize: int = 0  # frames
    channels: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, slots=True)
class OscConfig:
    """Where OSC is received, from whom, and where feedback goes without being asked for."""

    host: str = "127.0.0.1"
    port: int = 7770
    allow: tuple[Network, ...] = ()  # besides this machine
    feedback: tuple[tuple[str, int], ...] = ()  # (host, port)


@dataclass(frozen=True, slots=True)
class MidiConfig:
    """Patterns of port names, `*` and `?` allowed."""

    inputs: tuple[str, ...] = ("*",)
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockConfig:
    """Who leads the time, and who is led.

    `input`: a pattern of the MIDI inputs whose clock counts, "" for the first that sends one.
    `offset`: how much later than the clock the song is heard, ms. `start_stop`: Link's
    transport is ours too. `send`: patterns of the MIDI outputs that get clock.
    """

    source: str = "internal"
    input: str = ""
    offset: float = 0.0
    start_stop: bool = False
    send: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where OSCQuery is served, to whom, and whether it can be found by zeroconf.

    Riffusion's server answers on `port`, too, and on `riffusion_port` where that is not 0.
    """

    serve: bool = True
    host: str = "127.0.0.1"
    port: int = 7771
    riffusion_port: int = 0  # 3013 is where Riffusion's app looks
    allow: tuple[Network, ...] = ()  # besides this machine
    announce: bool = True  # both ports; to this machine only where only it can reach them


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """How loops are rendered: `ahead` of them kept ready, `steps_min` when time is short.

    `seed_images` is the folder where requests to Riffusion's server find images by name.
    """

    model: str = "pocket"
    device: str = "auto"
    dtype: str = "auto"
    phase: PhaseChoice = "model"
    ahead: int = 4
    steps_min: int = 2
    threads: int = 0  # 0: the engine's choice
    cache_mb: float = 512.0
    batch: int = 0  # loops rendered at once, at the most; 0: as the device likes it
    compile: bool = False  # not before it has been seen to be right on a GPU
    decoder: str = ""  # a name, or a folder; "" for the model's own
    seed_images: str = ""  # "" for `own_seed_images_folder()`


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Whether and where performances are recorded."""

    record: bool = False
    directory: str = "sessions"


@dataclass(frozen=True, slots=True)
class Config:
    """All of config.toml; `models` maps a name to a folder or a hub name.

    So do `loras` (also to files), `embeddings` (by their word in prompts) and `decoders`.
    """

    audio: AudioConfig = field(default_factory=AudioConfig)
    osc: OscConfig = field(default_factory=OscConfig)
    midi: MidiConfig = field(default_factory=MidiConfig)
    clock: ClockConfig = field(default_factory=ClockConfig)
    web: WebConfig = field(default_factory=WebConfig)
    render: RenderConfig = field(default_factory=RenderConfig)
    session: SessionConfig = field(default_factory=SessionConfig)
    models: Mapping[str, str] = field(default_factory=dict)
    loras: Mapping[str, str] = field(default_factory=dict)
    embeddings: Mapping[str, str] = field(default_factory=dict)
    decoders: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None  # the file it was read from

    @property
    def addons(self) -> Addons:
        """What may be put upon a model; a decoder that is named as a folder is one, too."""
        decoder = self.render.decoder
        folder = Path(decoder).expanduser() if decoder else None
        given = {decoder: decoder} if folder and (folder / "config.json").is_file() else {}
        return Addons(self.loras, self.embeddings, {**given, **self.decoders})


def load_config(path: Path | None = None) -> Config:
    """Read this file, or the first of the usual places; without any, the defaults.

    Raises FileProblems with everything that is wrong, or UserError when `path` is not there.
    """
    found = path or next((place for place in default_places() if place.is_file()), None)
    if found is None:
        return Config()
    try:
        return parse_config(found.read_text(encoding="utf-8"), found)
    except UnicodeDecodeError:
        raise FileProblems(str(found), [Problem(1, "This file is not UTF-8 text.")]) from None
    except OSError as error:
        raise UserError(f"The config {found} cannot be read: {error.strerror}.") from None


def parse_config(content: str, path: Path | None = None) -> Config:
    """A config from its TOML text. Raises FileProblems."""
    source = Source(content, str(path or FILE_NAME))
    sections: dict[str, Any] = {}
    for name, table in source.values.items():
        if name not in (known := (*_SECTIONS, *_NAMED)):
            source.say((name,), f"There is no section {shown(name)}.{did_you_mean(name, known)}")
        elif not isinstance(table, dict):
            source.say((name,), f"{name} is a section: write [{name}] on a line of its own.")
        elif name in _NAMED:
            sections[name] = source.read(table, (name,), dict.fromkeys(table, _NAME))
            for word in table if name == "embeddings" else ():
                if not _WORD.fullmatch(word):
                    source.say((name, word), _NO_WORD.format(word=shown(word)))
        else:
            found = source.read(table, (name,), _SECTIONS[name][1])
            sections[name] = _SECTIONS[name][0](**found)
    config = Config(**sections, path=path)
    for section, listener in (("osc", config.osc), ("web", config.web)):
        if not is_loopback(listener.host) and not listener.allow:
            source.say((section, "host"), _OPEN_HOST.format(section=section, host=listener.host))
    source.finish()
    return config


def overridden(config: Config, changes: Mapping[str, Any]) -> Config:
    """The config with what the command line asks for: {"render.model": "x"}; None changes nothing.

    Values are checked as in the file. Raises UserError.
    """
    for key, value in changes.items():
        if value is None:
            continue
        section, _, name = key.partition(".")
        try:
            checked = _SECTIONS[section][1][name](value)
        except ValueError as error:
            raise UserError(f"{name} {error}.") from None
        config = replace(config, **{section: replace(getattr(config, section), **{name: checked})})
    return config


def model_name(config: Config, patch: str, command_line: str = "") -> str:
    """The model that counts: the command line's over the patch's over the config's; "" is none."""
    return command_line or patch or config.render.model


def default_places() -> list[Path]:
    """Where a config is looked for: the working folder, then the user's config folder."""
    return [Path(FILE_NAME), user_folder() / FILE_NAME]


def user_folder() -> Path:
    """The user's folder for this program's settings; it need not exist."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "livediffusion"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "livediffusion"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "livediffusion"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on that host."""
    return host == "localhost" or ip_address(host).is_loopback


_OPEN_HOST = (
    "{section}.host {host} is open to the network: name who may send in {section}.allow, "
    'as ["192.168.1.20"] or ["192.168.1.0/24"].'
)


def _host(value: object) -> str:
    host = str(text(100, empty=False)(value))
    try:
        return host if host == "localhost" else str(ip_address(host))
    except ValueError:
        raise ValueError(f"must be an IP address or localhost, not {shown(host)}") from None


def _network(value: object) -> Network:
    given = str(text(100, empty=False)(value))
    try:
        return ip_network(given, strict=False)
    except ValueError:
        raise ValueError(
            f'must be addresses like "192.168.1.20" or "192.168.1.0/24", not {shown(given)}'
        ) from None


def _endpoint(value: object) -> tuple[str, int]:
    host, _, port = str(text(100, empty=False)(value)).rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError('must be written as "127.0.0.1:9000"')
    return _host(host.strip("[]")), int(port)


_NAMED = ("models", "loras", "embeddings", "decoders")  # sections of names
_WORD = re.compile(r"[^\s()\[\]:\\]+")
_NO_WORD = "{word} is no word that can stand in a prompt: use none of space, ( ) [ ] : and \\."
_NAME = text(500, empty=False)
_PORT = whole(1, 65535)
_NAMES = list_of(_NAME)
_LISTENER: dict[str, Check] = {"host": _host, "port": _PORT, "allow": list_of(_network)}

# each section's record and the checks of its keys
_SECTIONS: dict[str, tuple[Any, dict[str, Check]]] = {
    "audio": (
        AudioConfig,
        {
            "device": text(500),
            "sample_rate": whole(48000, 48000),
            "blocksize": whole(0, 8192),
            "channels": list_of(whole(1, 256), 2),
        },
    ),
    "osc": (OscConfig, {**_LISTENER, "feedback": list_of(_endpoint)}),
    "midi": (MidiConfig, {"inputs": _NAMES, "outputs": _NAMES}),
    "clock": (
        ClockConfig,
        {
            "source": choice(CLOCKS),
            "input": text(500),
            "offset": number(-1000, 1000),
            "start_stop": flag(),
            "send": _NAMES,
        },
    ),
    "web": (
        WebConfig,
        {"serve": flag(), **_LISTENER, "riffusion_port": whole(0, 65535), "announce": flag()},
    ),
    "render": (
        RenderConfig,
        {
            "model": _NAME,
            "device": _NAME,
            "dtype": choice(["auto", "float32", "float16", "bfloat16"]),
            "phase": choice(["model", *PHASES]),
            "ahead": whole(1, 64),
            "steps_min": whole(1, 100),
            "threads": whole(0, 256),
            "cache_mb": number(16, 1048576),
            "batch": whole(0, BATCH_MOST),
            "decoder": text(500),
            "seed_images": text(500),
            "compile": flag(),
        },
    ),
    "session": (SessionConfig, {"record": flag(), "directory": _NAME}),
}
assert all(
    {known.name for known in fields(record)} == set(checks) for record, checks in _SECTIONS.values()
)
