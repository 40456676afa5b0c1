"""Words that mean no sound: from people's sentences, and made up for what nobody foresees.

Captions hold some of them, so that the text encoder learns to hear a prompt's music through
words that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from livediffusion.training.words.attributes import ADJECTIVES, DEGREES, PHRASES
from livediffusion.training.words.common import COMMON
from livediffusion.training.words.genres import GENRE_WORDS
from livediffusion.training.words.instruments import INSTRUMENT_WORDS
from livediffusion.training.words.tables import Words, words

_TABLES: tuple[Iterable[Words], ...] = (
    GENRE_WORDS.values(),
    ADJECTIVES.values(),
    PHRASES.values(),
    INSTRUMENT_WORDS.values(),
    (DEGREES,),
)
_MEANT = {
    word
    for tables in _TABLES
    for table in tables
    for texts in table.values()
    for text in texts
    for word in text.split()
}
_COMMON: dict[str, tuple[str, ...]] = {
    language: tuple(word for text in texts for word in text.split() if word not in _MEANT)
    for language, texts in COMMON.items()
}
_LINKS: Words = words(
    en="for / for the / for a / in the / like / like a / on the / at the / by the / to / that / "
    "while / from the / about / of / of the / as / under the / and the / when",
    fr="pour / pour la / pour le / pour un / dans le / comme / comme un / comme une / sur la / "
    "sur le / au / à la / qui / de la / du / des / d'un / pendant / avant / chez / sous la / et le",
    es="para / para la / en el / como / de la / del / que",
    de="für / für den / im / wie / wie ein / aus dem / zum / am / bei",
    it="per / per la / nel / come / della / che",
    pt="para / para o / no / como / da / que",
)
_SYLLABLES: Words = words(
    en="ba / sel / ment / ing / tion / er / un / re / con / sun / fol / low / ther / ly / ness / "
    "ful / ish / wa / ter / mor / ship / gar / den / pla / ce / win / dow / ri / ver / est / age / "
    "bri / dge / can / dle / fo / mou / tain / clou / dy / hor / se / gla / spa / tra / vel",
    fr="sou / ette / ment / oir / age / eur / che / val / mon / ta / gne / pla / ge / fe / net / "
    "re / ri / vie / fo / rêt / char / bon / lu / mi / jar / din / oi / seau / pier / cou / ver / "
    "ture / mé / tro / por / te / ven / dre / di / ai / gue / é / toi / lle / cham / pa / vil",
)


def distraction(language: str, dice: Callable[[], float]) -> str:
    """One to four such words, often "for ..." or "like a ..."; takes 19 of `dice` at most."""
    chosen = []
    if dice() < 0.6:
        links = _LINKS[language]
        chosen.append(links[int(dice() * len(links))])
    for _ in range(1 + int(4 * dice())):
        if dice() < 0.5:
            options = _COMMON[language]
            chosen.append(options[int(dice() * len(options))])
        else:
            parts = _SYLLABLES["fr" if language in ("fr", "it", "es", "pt") else "en"]
            count = 2 if dice() < 0.6 else 3
            chosen.append("".join(parts[int(dice() * len(parts))] for _ in range(count)))
    return " ".join(chosen)
