"""What people call the ends of the style's axes.

An adjective stands before or after the genre; a phrase (`PHRASES`) stands apart, as in "techno,
no drums". No word here is the name of a genre ("minimal" and "acid" are).
"""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

ADJECTIVES: dict[tuple[str, int | str], Words] = {
    ("brightness", -1): words(
        en="dark / muffled / warm / darker / gloomy / murky / dull / deep / shadowy / mellow / "
        "low-passed / filtered / nocturnal / moody / round",
        fr="sombre / feutré / feutrée / grave / étouffé / étouffée / sourd / sourde / noir / "
        "noire / chaud / chaude / plus sombre / ténébreux / obscur / filtré / nocturne / "
        "profond / profonde",
        es="oscuro / oscura / grave / apagado / apagada / cálido / cálida / profundo",
        de="dunkel / dunkle / düster / düstere / dumpf / warm / tief",
        it="scuro / scura / cupo / cupa / caldo",
        pt="escuro / escura / sombrio / sombria / quente",
        emoji="🌑 / 🌚 / 🌃",
    ),
    ("brightness", 1): words(
        en="bright / shiny / crisp / sparkling / brighter / clear / glittering / sharp / "
        "brilliant / luminous / shimmering / airy / glassy / radiant / light",
        fr="brillant / brillante / lumineux / lumineuse / clair / claire / scintillant / "
        "éclatant / éclatante / aigu / plus clair / cristallin / cristalline / étincelant / vif",
        es="brillante / luminoso / luminosa / claro / clara",
        de="hell / helle / strahlend / glänzend / klar / klare",
        it="brillante / luminoso / luminosa / chiaro / chiara",
        pt="brilhante / luminoso / luminosa / claro / clara",
        emoji="✨ / ☀ / 💡",
    ),
    ("energy", -1): words(
        en="calm / soft / gentle / quiet / slow / relaxed / chill / peaceful / calmer / "
        "softer / mellowed / tranquil / soothing / laid-back / easy / sleepy / tender / slower",
        fr="calme / doux / douce / lent / lente / tranquille / paisible / apaisant / "
        "apaisante / posé / posée / relaxant / plus calme / plus doux / plus lent / reposant / "
        "tendre / délicat",
        es="tranquilo / tranquila / suave / lento / lenta / relajado / calmado",
        de="ruhig / ruhige / sanft / sanfte / langsam / leise / entspannt",
        it="calmo / calma / dolce / lento / lenta / tranquillo",
        pt="calmo / calma / suave / lento / lenta / tranquilo",
        emoji="😌 / 😴 / 🕊",
    ),
    ("energy", 1): words(
        en="energetic / powerful / intense / driving / fast / hard-hitting / aggressive / "
        "pumping / wild / strong / loud / punchy / furious / hyper / harder / faster / "
        "banging / upbeat / epic",
        fr="énergique / puissant / puissante / intense / rapide / agressif / agressive / "
        "violent / dynamique / fort / forte / percutant / plus rapide / plus fort / sauvage / "
        "nerveux / survolté / entraînant / entraînante / furieux",
        es="enérgico / enérgica / potente / intenso / intensa / rápido / rápida / fuerte",
        de="energisch / kraftvoll / intensiv / schnell / schnelle / treibend / laut / wild",
        it="energico / energica / potente / intenso / veloce / forte",
        pt="enérgico / enérgica / poderoso / intenso / rápido / forte",
        emoji="🔥 / ⚡ / 💪 / 🚀",
    ),
    ("density", -1): words(
        en="sparse / stripped-down / bare / empty / simple / skeletal / spare / stripped / "
        "sparser / uncluttered / simpler / naked / minimalistic / reduced / understated",
        fr="épuré / épurée / dépouillé / dépouillée / vide / nu / nue / simple / clairsemé / "
        "clairsemée / plus simple / aéré / aérée / sobre / réduit",
        es="sencillo / sencilla / escaso / vacío / desnudo / simple",
        de="karg / sparsam / leer / einfach / reduziert / schlicht",
        it="scarno / scarna / vuoto / semplice / essenziale",
        pt="simples / vazio / esparso / despojado",
        emoji="🍃 / 🪶",
    ),
    ("density", 1): words(
        en="busy / dense / full / layered / complex / rich / thick / busier / hectic / packed / "
        "crowded / intricate / elaborate / fuller / maximal / ornate / frantic",
        fr="dense / chargé / chargée / riche / complexe / foisonnant / foisonnante / touffu / "
        "fourni / plein / plus dense / plus riche / élaboré / rempli / fournie / touffue",
        es="denso / densa / lleno / llena / complejo / cargado / rico",
        de="dicht / dichte / voll / komplex / vielschichtig / reich",
        it="denso / densa / pieno / piena / complesso / ricco",
        pt="denso / densa / cheio / cheia / complexo / rico",
        emoji="🐝 / 🌪",
    ),
    ("space", -1): words(
        en="dry / close / tight / dead / intimate / drier / upfront / gated / boxy / anechoic / "
        "close-miked / direct",
        fr="sec / sèche / proche / intime / plus sec / mat / mate / serré / asséché / directe",
        es="seco / seca / cercano / íntimo",
        de="trocken / trockene / nah / eng",
        it="secco / secca / vicino / asciutto",
        pt="seco / seca / próximo",
        emoji="🏜 / 🌵",
    ),
    ("space", 1): words(
        en="spacious / reverberant / wet / echoing / echoey / distant / huge / vast / wide / "
        "cavernous / roomy / far away / wetter / reverby / washed out / dreamy / floating / "
        "reverbed",
        fr="spacieux / spacieuse / réverbéré / réverbérée / lointain / lointaine / immense / "
        "vaste / ample / aérien / aérienne / flottant / flottante / rêveur / humide / large",
        es="espacioso / espaciosa / lejano / inmenso / amplio",
        de="weit / weite / hallig / räumlich / fern / riesig",
        it="spazioso / ampio / lontano / immenso",
        pt="espaçoso / amplo / distante / imenso",
        emoji="💧 / 🏔 / 🕳",
    ),
    ("mode", "minor"): words(
        en="minor / sad / melancholic / sorrowful / melancholy / mournful / tragic / sadder / "
        "nostalgic / wistful / bittersweet / tearful / depressing",
        fr="mineur / triste / mélancolique / nostalgique / tragique / plus triste / "
        "dramatique / déchirant / mélancolie / tristesse / désespéré",
        es="menor / triste / melancólico / melancólica / nostálgico",
        de="traurig / traurige / melancholisch / wehmütig",
        it="minore / triste / malinconico / malinconica",
        pt="menor / triste / melancólico / melancólica",
        emoji="😢 / 😭 / 🥀 / 💔",
    ),
    ("mode", "major"): words(
        en="major / happy / joyful / cheerful / sunny / uplifted / happier / positive / "
        "hopeful / feel-good / optimistic / merry / playful / festive / summery",
        fr="majeur / joyeux / joyeuse / heureux / heureuse / gai / gaie / ensoleillé / "
        "ensoleillée / plus joyeux / positif / festif / festive / optimiste / estival / enjoué",
        es="mayor / alegre / feliz / soleado / festivo",
        de="fröhlich / fröhliche / glücklich / heiter / sonnig",
        it="maggiore / allegro / allegra / felice / solare",
        pt="maior / alegre / feliz / ensolarado",
        emoji="😊 / 😀 / 🌈 / 🌞",
    ),
}
PHRASES: dict[tuple[str, int | str], Words] = {
    ("brightness", -1): words(
        en="with the treble cut / no highs / filter closed",
        fr="sans aigus / filtre fermé",
    ),
    ("brightness", 1): words(
        en="lots of treble / with bright highs / filter open",
        fr="avec des aigus / filtre ouvert / beaucoup d'aigus",
    ),
    ("energy", -1): words(
        en="low energy / to fall asleep / nice and slow", fr="tout doux / tout en douceur"
    ),
    ("energy", 1): words(
        en="high energy / full power / full energy",
        fr="à fond / plein d'énergie / pleine puissance",
    ),
    ("density", -1): words(
        en="few notes / with few notes / fewer notes / lots of silence / less is more",
        fr="peu de notes / avec peu de notes / moins de notes / beaucoup de silence",
    ),
    ("density", 1): words(
        en="many notes / lots of notes / more notes / many layers / lots going on",
        fr="beaucoup de notes / plus de notes / plein de notes / plusieurs couches",
    ),
    ("space", -1): words(
        en="no reverb / without reverb / zero reverb / little reverb / no echo",
        fr="sans réverb / sans réverbe / pas de réverb / sans écho / sans réverbération",
        es="sin reverb / sin eco",
        de="ohne hall",
        it="senza riverbero",
        pt="sem reverb",
    ),
    ("space", 1): words(
        en="reverb / lots of reverb / with reverb / in a cathedral / big hall / in a church / "
        "with echo / long reverb / echo / in a cave / with lots of reverb / more reverb",
        fr="réverb / avec réverb / beaucoup de réverbe / dans une cathédrale / avec de l'écho / "
        "grande salle / longue réverbération / dans une église / plein de réverb / écho",
        es="con reverb / mucho eco / con eco",
        de="mit hall / viel hall",
        it="con riverbero / tanto riverbero",
        pt="com reverb / muito eco",
    ),
    ("mode", "minor"): words(
        en="in minor / in a minor / minor key / in a minor key / a minor",
        fr="en mineur / en la mineur / la mineur / mode mineur",
        es="en menor / en la menor",
        de="moll / in moll / a-moll",
        it="in minore",
        pt="em menor",
    ),
    ("mode", "major"): words(
        en="in major / in c major / major key / in a major key / c major",
        fr="en majeur / en do majeur / do majeur / mode majeur",
        es="en mayor / en do mayor",
        de="dur / in dur / c-dur",
        it="in maggiore",
        pt="em maior",
    ),
    ("stems", "no drums"): words(
        en="no drums / no 🥁 / without drums / drumless / beatless / no beat / without beat / "
        "without any drums / no percussion / drums off / minus drums / without percussion / "
        "remove the drums",
        fr="sans batterie / pas de batterie / sans rythme / sans percussions / "
        "sans la batterie / sans beat / sans drums / enlève la batterie",
        es="sin batería / sin percusión",
        de="ohne schlagzeug / ohne drums / ohne beat",
        it="senza batteria",
        pt="sem bateria",
    ),
    ("stems", "only drums"): words(
        en="only drums / drums only / just the beat / just drums / just the drums / beat only / "
        "only the beat / only percussion / drum track / isolated drums / only the drums / "
        "nothing but drums / drum stem",
        fr="batterie seule / juste la batterie / que la batterie / seulement la batterie / "
        "juste le rythme / que le rythme / rien que la batterie / uniquement la batterie / "
        "juste le beat",
        es="solo batería / solo percusión / sólo batería",
        de="nur schlagzeug / nur drums / nur der beat",
        it="solo batteria",
        pt="só bateria / apenas bateria",
    ),
    ("stems", "only bass"): words(
        en="only bass / bass only / just the bass / only the bass / just bass / bassline only / "
        "only the bassline / just the bassline / bass solo / solo bass / isolated bass / "
        "bass stem",
        fr="basse seule / juste la basse / que la basse / seulement la basse / "
        "ligne de basse seule / rien que la basse / uniquement la basse / solo de basse",
        es="solo bajo / sólo bajo",
        de="nur bass / nur der bass",
        it="solo basso",
        pt="só baixo / apenas baixo",
    ),
}
_DARK = (
    "dark sombre noir noire oscuro oscura dunkel dunkle düster düstere scuro scura escuro escura"
)
_DEEP = "deep profond profonde profundo tief"
# Words that with these genres would name another one, or that name the genre itself.
AMBIGUOUS: dict[str, frozenset[str]] = {
    genre: frozenset(text.split())
    for genre, text in {
        "techno": f"{_DARK} darker sombrio sombria 🌑 🌚 hard-hitting minimalistic furious",
        "dark techno": f"{_DARK} sombrio sombria",
        "house": _DEEP,
        "deep house": _DEEP,
        "ambient": f"{_DARK} 🌑 floating",
    }.items()
}
DEGREES: Words = words(
    en="very / really / super / so / a bit / quite / extra / more",
    fr="très / super / vraiment / un peu / assez / trop / plus",
    es="muy / súper / un poco",
    de="sehr / ganz / etwas",
    it="molto / un po'",
    pt="muito / um pouco",
)
