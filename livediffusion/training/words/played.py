"""What people call the played genres, in six languages and emoji.

English names are used in every language. A name belongs to one genre only: "church organ" is the
organ, "piano trio" is jazz.
"""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

PLAYED_WORDS: dict[str, Words] = {
    "rock": words(
        en="rock and roll / indie rock / garage rock / hard rock / punk / rock music / "
        "rock n roll / punk rock / classic rock / rock band / grunge / alternative rock / "
        "rock guitar / stoner rock / distorted guitars / rock riff / pop rock / rock'n'roll / "
        "blues rock / electric guitar riff / stadium rock / rock drums and guitars / indie / "
        "blues",
        fr="guitare rock / musique rock / du rock / rock français / groupe de rock / "
        "rock garage / guitares saturées / guitare électrique",
        es="música rock / guitarra eléctrica / rock en español",
        de="rockmusik / e-gitarre / rock musik",
        it="musica rock / chitarra elettrica",
        pt="música rock pesada / guitarra rock",
        emoji="🎸 / 🎸🥁",
    ),
    "metal": words(
        en="heavy metal / thrash / thrash metal / death metal / black metal / doom metal / "
        "djent / metalcore / metal music / metal riff / double kick metal / metal guitars / "
        "doom / nu metal / speed metal / double bass drums metal / chugging metal / "
        "palm muted metal",
        fr="métal / métal lourd / du métal / musique métal / guitares métal / gros métal",
        es="metal pesado / música metal / metal extremo",
        de="schwermetall / metal musik / deutscher metal",
        it="metallo / musica metal",
        pt="metal brasileiro / metal extremo português",
        emoji="🤘 / 💀 / ⚔ / 🤘💀",
    ),
    "funk": words(
        en="funky groove / p-funk / slap funk / soul / funky / funk music / funk guitar / "
        "soul music / james brown style funk / groovy funk / slap bass funk / funk bass / "
        "funk rock / afrobeat / funk groove / wah guitar funk / motown / rare groove / jazz funk",
        fr="groove funky / du funk / musique funk / funk à la slap / groove funk",
        es="música funk / funk latino / ritmo funky",
        de="funk musik / funkige musik / funkig",
        it="musica funk / groove funk italiano",
        pt="funk groovado / música soul",
        emoji="😎 / 😎🎸",
    ),
    "jazz": words(
        en="swing / bebop / cool jazz / jazz quartet / jazz club / jazz music / jazz trio / "
        "jazz band / swing jazz / smoky jazz / bossa nova / jazz piano trio / walking bass / "
        "jazz combo / be-bop / hard bop / modal jazz / big band / bossa / manouche / jazzy / "
        "jazz standards / brushes and upright bass",
        fr="du jazz / jazz manouche / club de jazz / musique jazz / trio de jazz / quartet de jazz",
        es="música jazz / trío de jazz",
        de="jazzmusik / jazz trio aus paris / jazzkeller",
        it="musica jazz / trio jazz",
        pt="música jazz portuguesa / trio de jazz brasileiro",
        emoji="🎺 / 🎷🎺 / 🍸",
    ),
    "flamenco": words(
        en="flamenco guitar / rumba / gipsy kings / spanish guitar / gypsy flamenco / palmas / "
        "spanish flamenco / bulerias / flamenco dance / rumba flamenca / andalusian / "
        "flamenco music / handclaps and spanish guitar / spanish / tango flamenco / latin guitar",
        fr="guitare espagnole / guitare flamenca / du flamenco / musique espagnole / "
        "rumba gitane / flamenco andalou / musique gitane",
        es="guitarra flamenca / guitarra española / bulería / música española / soleá",
        de="spanische gitarre / spanische musik / flamenco gitarre",
        it="chitarra spagnola / musica spagnola",
        pt="guitarra espanhola / música cigana",
        emoji="💃 / 🇪🇸 / 💃🎸",
    ),
    "reggae": words(
        en="dub / roots reggae / ska / rocksteady / dub reggae / dancehall / reggae music / "
        "roots / reggae skank / bob marley style reggae / jamaican / one drop / reggae groove / "
        "jamaica / reggae dub / offbeat skank / lovers rock / steppers dub",
        fr="du reggae / musique reggae / reggae roots / musique jamaïcaine / dub jamaïcain",
        es="música reggae / reggae español / jamaicano",
        de="reggae musik / jamaika / reggae aus jamaika",
        it="musica reggae / giamaica",
        pt="música reggae brasileira / jamaicana",
        emoji="🇯🇲 / 🦁 / 🟢🟡🔴",
    ),
    "classical": words(
        en="orchestra / orchestral / symphony / classical music / baroque / symphonic / "
        "cinematic / bach / mozart / beethoven / film score / chamber music / "
        "classical orchestra / epic orchestra / romantic orchestra / soundtrack / movie score / "
        "vivaldi / philharmonic / concerto / opera / orchestral music / epic cinematic / "
        "renaissance",
        fr="classique / musique classique / orchestre / symphonie / orchestral baroque / "
        "orchestre symphonique / musique de film / musique baroque / musique de chambre",
        es="música clásica / orquesta / sinfonía / banda sonora",
        de="klassik / klassische musik / orchester / filmmusik / sinfonie / barock",
        it="musica classica / orchestra sinfonica italiana / colonna sonora",
        pt="orquestra / música erudita / trilha sonora",
        emoji="🎼 / 🎻🎼 / 🩰 / 👑",
    ),
    "piano": words(
        en="solo piano / piano solo / piano ballad / classical piano / grand piano / "
        "piano music / just piano / only piano / piano only / piano chords / piano piece / "
        "piano arpeggio / acoustic piano / upright piano / piano melody / piano alone / "
        "felt piano / keys",
        fr="piano seul / un piano / du piano / piano classique / juste un piano / "
        "ballade au piano / musique de piano",
        es="piano solo clásico / música de piano / balada de piano",
        de="klavier / klaviermusik / soloklavier / nur klavier",
        it="pianoforte / musica per pianoforte / solo pianoforte",
        pt="piano sozinho / música para piano",
        emoji="🎹 / 🎹🎶",
    ),
    "guitar": words(
        en="acoustic guitar / solo guitar / guitar solo / classical guitar / nylon guitar / "
        "folk guitar / fingerpicking / guitar only / only guitar / just guitar / fingerstyle / "
        "folk / strummed guitar / acoustic / guitar picking / country guitar / "
        "campfire guitar / steel string guitar / acoustic folk / guitar arpeggio / "
        "singer songwriter guitar",
        fr="guitare / guitare acoustique / guitare classique / guitare seule / guitare folk / "
        "guitare sèche / une guitare / juste une guitare / arpège de guitare",
        es="guitarra / guitarra acústica / guitarra clásica / guitarra sola",
        de="gitarre / akustische gitarre / akustikgitarre / nur gitarre / konzertgitarre",
        it="chitarra / chitarra acustica / chitarra classica",
        pt="violão / guitarra acústica brasileira / violão solo",
        emoji="🪕 / 🏕 / 🪕🏕",
    ),
    "strings": words(
        en="violin / violins / string quartet / cello / string section / string ensemble / "
        "viola / strings only / only strings / just strings / string orchestra / "
        "bowed strings / violin solo / solo violin / cellos / legato strings / "
        "pizzicato strings / pizzicato / string pad / fiddle",
        fr="violon / violons / cordes / quatuor à cordes / violoncelle / ensemble à cordes / "
        "alto / cordes seules / orchestre à cordes / section de cordes",
        es="violín / violines / cuerdas / cuarteto de cuerda / violonchelo",
        de="streicher / geige / streichquartett / geigen / violine / nur streicher",
        it="violino / archi / quartetto d'archi / violoncello",
        pt="violino solo / cordas / quarteto de cordas",
        emoji="🎻 / 🎻🎻",
    ),
    "organ": words(
        en="church organ / pipe organ / hammond organ / organ solo / solo organ / "
        "cathedral organ / organ only / only organ / just organ / hammond b3 / organ music / "
        "electric organ / bach organ / gospel organ / organ chords / hammond",
        fr="orgue / orgue d'église / grandes orgues / orgue seul / orgue hammond / de l'orgue / "
        "orgue à tuyaux / orgues",
        es="órgano / órgano de iglesia / órgano solo",
        de="orgel / kirchenorgel / orgelmusik / nur orgel",
        it="organo / organo a canne / organo da chiesa",
        pt="órgão / órgão de igreja",
        emoji="⛪ / ⛪🎶",
    ),
    "saxophone": words(
        en="sax / solo saxophone / saxophone solo / sax solo / tenor sax / alto sax / "
        "sax only / only saxophone / saxophone only / just sax / sax melody / smooth sax / "
        "saxophone melody / saxophone alone / baritone sax / sexy sax",
        fr="saxo / saxophone seul / solo de saxo / un saxophone / du saxophone / saxo seul / "
        "saxophone ténor",
        es="saxofón / saxofón solo / saxo español",
        de="saxofon / nur saxophon / saxophon",
        it="sassofono / sax italiano",
        pt="saxofone / saxofone solo",
        emoji="🎷 / 🎷🎶",
    ),
    "flute": words(
        en="solo flute / flute solo / flute only / only flute / just flute / bamboo flute / "
        "pan flute / flute melody / flutes / shakuhachi / recorder / wooden flute / "
        "native flute / pan pipes / flute alone / piccolo / tin whistle",
        fr="flûte / flûte seule / flûte traversière / une flûte / de la flûte / flûte de pan / "
        "solo de flûte / flûte à bec",
        es="flauta / flauta sola / flauta dulce",
        de="flöte / querflöte / nur flöte / blockflöte",
        it="flauto / flauto traverso",
        pt="flauta transversal / flauta doce",
        emoji="🪈 / 🪈🎶 / 🐦",
    ),
    "drums": words(
        en="drum loop / drum solo / percussion / drum kit / drumming / drum break / drum beat / "
        "percussion loop / acoustic drums / live drums / drummer / drums solo / drum groove / "
        "percussions / bongos / congas / djembe / tribal drums / drums only / only drums / "
        "just drums / drum machine / drum set / taiko",
        fr="batterie / boucle de batterie / solo de batterie / batteur / "
        "percussions africaines / une batterie / rythme de batterie / de la batterie / "
        "tambours / boîte à rythmes / batterie seule / juste la batterie",
        es="batería / percusión / tambores / solo de batería / caja de ritmos",
        de="schlagzeug / trommeln / schlagzeugsolo / perkussion / trommel",
        it="batteria / percussioni / tamburi",
        pt="bateria / percussão / batucada",
        emoji="🥁 / 🥁🥁 / 🪘",
    ),
}
