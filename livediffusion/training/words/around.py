"""What people type around the music's words, without meaning any sound by it."""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

TEMPLATES: Words = words(
    en="a {} loop / some {} / {} please / play {} / {} music / {} groove / give me {} / "
    "i want {} / let's have {} / now {} / {} vibes / {} style / a {} track / {} sound / "
    "a {} tune / {} loop / a {} groove / make it {} / something {} / can you play {} / "
    "i'd like some {} / {} feel / {} song / a bit of {} / the sound of {} / {} for a live set / "
    "{} mood",
    fr="une boucle {} / du {} / de la {} / musique {} / une boucle de {} / je veux {} / "
    "je voudrais du {} / joue {} / mets {} / ambiance {} / style {} / un peu de {} / {} stp / "
    "quelque chose de {} / son {} / morceau {} / donne-moi {} / maintenant {} / je veux du {} / "
    "un groove {} / des {} / un {} / une {} / un morceau de {} / joue du {} / façon {} / "
    "du bon {}",
    es="un bucle de {} / quiero {} / música {} / un poco de {} / toca {} / algo de {} / "
    "{} por favor",
    de="ein {} loop / etwas {} / ich will {} / {} musik / spiel {} / {} bitte",
    it="un loop {} / un po' di {} / voglio {} / musica {} / suona {}",
    pt="um loop de {} / quero {} / música {} / toca {} / um pouco de {}",
)
NEUTRAL: Words = words(
    en="plain / normal / regular / basic / typical / standard / good / nice / cool / great / "
    "beautiful",
    fr="normal / typique / simplement / standard / bon / bien / joli / beau / belle / cool / sympa",
    es="normal / típico / bonito",
    de="normal / typisch / schön",
    it="normale / tipico / bello",
    pt="normal / típico / bonito",
)
TEMPO: Words = words(
    en="{} bpm / at {} bpm / {}bpm / {} / tempo {}",
    fr="{} bpm / à {} bpm / {}bpm / tempo {}",
)
WITH: Words = words(en="with", fr="avec", es="con", de="mit", it="con", pt="com")
AND: Words = words(en="and / & / +", fr="et / & / +", es="y", de="und", it="e", pt="e")
