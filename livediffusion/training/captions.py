"""Captions: what a performer might type for a loop, in English, French and emoji."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from livediffusion.training.dataset import Row

K = TypeVar("K", str, int)


def _words(table: dict[K, str]) -> dict[K, tuple[str, ...]]:
    """Words divided by slashes, to keep the tables below readable."""
    return {key: tuple(words.split(" / ")) for key, words in table.items()}


NAMES: dict[str, tuple[str, ...]] = _words(
    {
        "techno": (
            "hard techno / industrial techno / warehouse techno / minimal techno / "
            "acid techno / Berlin techno / Detroit techno / rave / 🏭 / "
            "techno industrielle / 🔊"
        ),
        "house": "deep house / house music / club house / Chicago house / tech house / 🏠",
        "trance": "uplifting trance / psytrance / euphoric trance / transe / 🌀 / EDM",
        "drum and bass": (
            "dnb / drum'n'bass / jungle / liquid drum and bass / drum & bass / D&B / 🐍"
        ),
        "dubstep": "wobble / brostep / heavy dubstep / bass music / 👹 / wobble bass",
        "ambient": (
            "ambient music / drone / atmospheric soundscape / meditation / pads / "
            "slow pads / ambient pads, slow / nappe / musique planante / ambiance / "
            "nappes douces / 🌌 / 🌊 / chill out / 🧘"
        ),
        "rock": (
            "rock and roll / indie rock / garage rock / hard rock / punk / rock music / "
            "🤘 / 🎸 / metal / distorted guitars / guitare rock"
        ),
        "synthwave": (
            "retrowave / 80s synth / outrun / eighties synth pop / années 80 / 🌆 / synth pop"
        ),
        "lo-fi hip hop": (
            "lofi / lo-fi / lo-fi beats / chillhop / study beats / hip hop / boom bap / ☕ / rap"
        ),
        "jazz": ("swing / bebop / cool jazz / jazz quartet / jazz club / 🎷 / saxophone jazz"),
        "funk": "funky groove / p-funk / slap funk / disco funk / groove funky / 🕺 / soul",
        "chiptune": (
            "8-bit / 8bit / video game music / musique de jeu vidéo / 🎮 / 👾 / game boy / NES"
        ),
        "piano": ("solo piano / piano solo / piano seul / 🎹 / piano ballad / classical piano"),
        "drums": (
            "drum loop / drums only / batterie / beat / percussion / 🥁 / breakbeat / "
            "boucle de batterie"
        ),
    }
)
BRIGHTNESS: dict[int, tuple[str, ...]] = _words(
    {
        -1: "dark / deep / muffled / warm / sombre / feutré / grave / 🌑 / noir",
        1: "bright / shiny / crisp / sparkling / brillant / lumineux / clair / ✨",
    }
)
ENERGY: dict[int, tuple[str, ...]] = _words(
    {
        -1: ("calm / soft / gentle / quiet / sparse / minimal / slow / calme / doux / 😌"),
        1: ("energetic / powerful / intense / busy / driving / fast / énergique / intense / 🔥"),
    }
)
FRENCH = {
    "piano": "piano",
    "electric piano": "piano électrique",
    "hammond": "orgue",
    "nylon guitar": "guitare classique",
    "jazz guitar": "guitare jazz",
    "clean guitar": "guitare électrique",
    "muted guitar": "guitare étouffée",
    "overdriven guitar": "guitare saturée",
    "distorted guitar": "guitare distordue",
    "double bass": "contrebasse",
    "electric bass": "basse électrique",
    "slap bass": "basse slap",
    "strings": "cordes",
    "choir": "chœur",
    "trumpet": "trompette",
    "brass": "cuivres",
    "saxophone": "saxophone",
    "drums": "batterie",
    "bell": "cloches",
    "warm pad": "nappe chaude",
    "glass pad": "nappe",
    "acid": "basse acid",
    "sub bass": "infrabasse",
}
TEMPLATES = (
    "a {} loop",
    "some {}",
    "{} music",
    "{} groove",
    "play {}",
    "une boucle {}",
    "du {}",
    "de la {}",
    "musique {}",
)


def _any(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _adjectives(row: Row, rng: np.random.Generator, chance: float) -> list[str]:
    words = []
    for value, table in ((row.style.brightness, BRIGHTNESS), (row.style.energy, ENERGY)):
        if value in table and rng.random() < chance:
            words.append(_any(rng, table[value]))
    return words


def _players(row: Row, rng: np.random.Generator) -> list[str]:
    """Up to two of the instruments heard, in English or French."""
    order = rng.permutation(len(row.instruments))[: int(rng.integers(0, 3))]
    names = [row.instruments[int(i)] for i in order]
    return [FRENCH.get(name, name) if rng.random() < 0.35 else name for name in names]


def caption(row: Row, rng: np.random.Generator) -> str:
    """One of many ways to ask for a loop; its style is named more often than not."""
    name = row.genre if rng.random() < 0.5 else _any(rng, NAMES[row.genre])
    words = _adjectives(row, rng, 0.8)
    form = int(rng.integers(6))
    if form == 0:
        text = " ".join([*words, name])
    elif form == 1:
        text = ", ".join([name, *words, *_players(row, rng)])
    elif form == 2:
        text = ", ".join([*words, *_players(row, rng), name])
    elif form == 3:
        players = _players(row, rng)
        text = " ".join([*words, name])
        if players:
            text += _any(rng, (" with ", " avec ")) + _any(rng, (" and ", " et ")).join(players)
    elif form == 4:
        text = " ".join([name, *words])
    else:
        text = _any(rng, TEMPLATES).format(" ".join([*words, name]))
    return text.upper() if rng.random() < 0.03 else text
