"""What people call the instruments that the composer plays.

An instrument that is missing here is called by the composer's own name.
"""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

INSTRUMENT_WORDS: dict[str, Words] = {
    # The sound font's.
    "piano": words(en="piano / piano chords", fr="piano / accords de piano", de="klavier"),
    "electric piano": words(
        en="electric piano / rhodes / e-piano / keys", fr="piano électrique / rhodes / clavier"
    ),
    "wurlitzer": words(en="wurlitzer / electric piano", fr="wurlitzer / piano électrique"),
    "clavinet": words(en="clavinet / clav", fr="clavinet"),
    "celesta": words(en="celesta", fr="célesta"),
    "glockenspiel": words(en="glockenspiel / bells", fr="glockenspiel / clochettes"),
    "vibraphone": words(en="vibraphone / vibes", fr="vibraphone"),
    "marimba": words(en="marimba", fr="marimba"),
    "hammond": words(en="hammond / organ", fr="orgue / orgue hammond", de="orgel"),
    "drawbar organ": words(en="drawbar organ / organ", fr="orgue", de="orgel"),
    "rock organ": words(en="organ / rock organ", fr="orgue", de="orgel"),
    "church organ": words(en="church organ / organ", fr="orgue d'église / orgue", de="orgel"),
    "accordion": words(en="accordion", fr="accordéon", es="acordeón", de="akkordeon"),
    "harmonica": words(en="harmonica", fr="harmonica"),
    "nylon guitar": words(
        en="nylon guitar / classical guitar / acoustic guitar / guitar",
        fr="guitare classique / guitare sèche / guitare",
        es="guitarra",
        de="gitarre",
    ),
    "steel guitar": words(
        en="acoustic guitar / steel guitar / guitar",
        fr="guitare acoustique / guitare folk / guitare",
        es="guitarra",
        de="gitarre",
    ),
    "jazz guitar": words(en="jazz guitar / guitar", fr="guitare jazz / guitare", es="guitarra"),
    "clean guitar": words(
        en="clean guitar / electric guitar / guitar", fr="guitare électrique / guitare claire"
    ),
    "muted guitar": words(en="muted guitar / wah guitar", fr="guitare étouffée / guitare wah"),
    "palm-muted guitar": words(
        en="palm-muted guitar / chugging guitar / distorted guitar",
        fr="guitare palm mute / guitare saturée",
    ),
    "overdriven guitar": words(
        en="overdriven guitar / electric guitar / distorted guitar", fr="guitare saturée"
    ),
    "distorted guitar": words(
        en="distorted guitar / heavy guitar / distortion / power chords",
        fr="guitare distordue / guitare saturée / grosse guitare",
        es="guitarra distorsionada",
        de="verzerrte gitarre",
    ),
    "lead guitar": words(en="lead guitar / guitar solo", fr="guitare solo / solo de guitare"),
    "double bass": words(
        en="double bass / upright bass / walking bass", fr="contrebasse", de="kontrabass"
    ),
    "electric bass": words(
        en="electric bass / bass guitar / bass", fr="basse électrique / basse", es="bajo", de="bass"
    ),
    "picked bass": words(en="picked bass / bass guitar / bass", fr="basse au médiator / basse"),
    "fretless bass": words(en="fretless bass / bass", fr="basse fretless / basse"),
    "slap bass": words(en="slap bass / slapped bass", fr="basse slap / basse slappée"),
    "violin": words(en="violin / fiddle", fr="violon", es="violín", de="geige"),
    "cello": words(en="cello", fr="violoncelle", es="violonchelo", de="cello"),
    "tremolo strings": words(en="tremolo strings / strings", fr="cordes trémolo / cordes"),
    "pizzicato": words(en="pizzicato / plucked strings", fr="pizzicato / cordes pincées"),
    "harp": words(en="harp", fr="harpe", es="arpa", de="harfe"),
    "timpani": words(en="timpani / kettledrums", fr="timbales", es="timbales", de="pauken"),
    "strings": words(
        en="strings / string section / violins", fr="cordes / violons", es="cuerdas", de="streicher"
    ),
    "slow strings": words(en="strings / slow strings", fr="cordes / cordes lentes", de="streicher"),
    "choir": words(en="choir / voices / vocals", fr="chœur / choeur / voix", es="coro", de="chor"),
    "trumpet": words(en="trumpet", fr="trompette", es="trompeta", de="trompete"),
    "trombone": words(en="trombone", fr="trombone", es="trombón", de="posaune"),
    "muted trumpet": words(en="muted trumpet / trumpet", fr="trompette bouchée / trompette"),
    "french horn": words(en="french horn / horns", fr="cor / cors"),
    "brass": words(
        en="brass / horns / horn section", fr="cuivres / section de cuivres", es="metales"
    ),
    "alto saxophone": words(en="alto saxophone / sax", fr="saxophone alto / saxo"),
    "saxophone": words(en="saxophone / sax / tenor sax", fr="saxophone / saxo", es="saxofón"),
    "oboe": words(en="oboe", fr="hautbois", de="oboe"),
    "clarinet": words(en="clarinet", fr="clarinette", es="clarinete", de="klarinette"),
    "flute": words(en="flute", fr="flûte", es="flauta", de="flöte"),
    "drums": words(en="drums / drum kit", fr="batterie", es="batería", de="schlagzeug"),
    # Our own.
    "acid": words(en="acid bass / 303 bass / squelchy bass", fr="basse acid / basse 303"),
    "acid open": words(en="acid bass / open acid bass / squelch", fr="basse acid / basse ouverte"),
    "acid slide": words(en="sliding acid bass / acid bass", fr="basse acid glissée / basse acid"),
    "saw bass": words(en="saw bass / synth bass / bass", fr="basse synthé / basse"),
    "sub bass": words(en="sub bass / sub / deep bass", fr="infrabasse / sub / basse profonde"),
    "reese": words(en="reese / reese bass", fr="basse reese / reese"),
    "wobble bass": words(en="wobble bass / wobbly bass", fr="basse wobble / basse qui ondule"),
    "wobble slow": words(en="slow wobble / wobble bass", fr="basse wobble / wobble lent"),
    "wobble triplet": words(en="triplet wobble / wobble bass", fr="basse wobble / wobble ternaire"),
    "wobble fast": words(en="fast wobble / wobble bass", fr="basse wobble / wobble rapide"),
    "talking bass": words(en="talking bass / vowel bass", fr="basse qui parle"),
    "growl": words(en="growl bass / growl / growling bass", fr="basse growl / growl"),
    "rumble": words(en="rumble / rumble bass", fr="grondement / basse grondante"),
    "click bass": words(en="click bass / plucky bass", fr="basse percussive"),
    "organ bass": words(en="organ bass / bass", fr="basse d'orgue / basse"),
    "808 bass": words(en="808 bass / 808 / sub 808", fr="basse 808 / 808"),
    "808 glide": words(en="gliding 808 / 808 bass / 808", fr="basse 808 / 808 glissée"),
    "square bass": words(en="square bass / synth bass", fr="basse carrée / basse synthé"),
    "triangle bass": words(en="triangle bass / chip bass", fr="basse triangle"),
    "pluck": words(en="plucks / pluck synth", fr="plucks / synthé pincé"),
    "trance pluck": words(en="plucks / trance pluck", fr="plucks / synthé pincé"),
    "stab": words(en="stabs / synth stabs / stab", fr="stabs / accords courts"),
    "rave stab": words(en="rave stabs / stabs", fr="stabs rave / stabs"),
    "dub chord": words(en="dub chords / echoing chords", fr="accords dub"),
    "deep chord": words(en="deep chords / synth chords", fr="accords profonds / accords de synthé"),
    "supersaw": words(en="supersaw / supersaws / big synth", fr="supersaw / gros synthé"),
    "hoover": words(en="hoover / hoover synth", fr="hoover / synthé hoover"),
    "dark drone": words(en="drone / rumbling drone", fr="bourdon / drone"),
    "drone": words(en="drone / held notes", fr="bourdon / notes tenues"),
    "drone swell": words(en="swelling drone / drone", fr="drone montant / bourdon"),
    "drone bass": words(en="bass drone / drone", fr="bourdon grave / drone"),
    "metal hit": words(en="metal hits / metallic hits", fr="coups métalliques"),
    "blip": words(en="blips / blip", fr="blips / bips"),
    "disco strings": words(en="strings / disco strings", fr="cordes / cordes disco"),
    "filtered strings": words(en="strings / filtered strings", fr="cordes / cordes filtrées"),
    "tape keys": words(en="tape keys / keys / wobbly keys", fr="claviers / claviers à bande"),
    "music box": words(en="music box", fr="boîte à musique", de="spieluhr"),
    "siren": words(en="siren / dub siren", fr="sirène"),
    "riser": words(en="riser / build up", fr="montée"),
    "down sweep": words(en="sweep / down sweep", fr="descente"),
    "saw lead": words(en="saw lead / synth lead / lead synth", fr="lead synthé / synthé"),
    "square lead": words(en="square lead / synth lead", fr="lead carré / synthé"),
    "pulse lead": words(en="pulse lead / synth lead", fr="lead / synthé"),
    "warm pad": words(en="warm pad / pad / synth pad", fr="nappe chaude / nappe de synthé / nappe"),
    "glass pad": words(en="glass pad / glassy pad / pad", fr="nappe de verre / nappe"),
    "bell": words(en="bell / bells / chimes", fr="cloches / cloche"),
}
