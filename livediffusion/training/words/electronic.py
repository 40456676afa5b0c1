"""What people call the electronic genres, in six languages and emoji.

English names are used in every language. A name belongs to one genre only: "hard techno" is dark
techno, "jungle" is jungle and not drum and bass.
"""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

ELECTRONIC_WORDS: dict[str, Words] = {
    "techno": words(
        en="techno music / detroit techno / berlin techno / melodic techno / peak time techno / "
        "warehouse techno / driving techno / club techno / classic techno / techno beat / "
        "rave / rave techno / electronic dance / tekno / techno kick / four on the floor techno",
        fr="musique techno / techno mélodique / techno de détroit / techno berlinoise / "
        "électro / de la techno / techno de club / teuf",
        es="música techno / tecno / techno de detroit",
        de="techno musik / berliner techno / technomusik",
        it="musica techno / tecno musica",
        pt="música tecno / techno pesado",
        emoji="🤖 / 🔊 / 🤖🔊",
    ),
    "dark techno": words(
        en="hard techno / industrial techno / industrial / schranz / dark industrial techno / "
        "gabber / hardcore techno / brutal techno / distorted techno / raw techno / ebm / "
        "underground dark techno / evil techno / hardtek / hard tekno",
        fr="techno sombre / techno noire / techno dure / techno industrielle / techno hard / "
        "musique industrielle / hardcore / techno violente",
        es="techno oscuro / techno duro / techno industrial",
        de="dunkler techno / harter techno / düsterer techno / industrie techno",
        it="techno scura / techno oscura / techno industriale",
        pt="techno escuro / techno sombrio",
        emoji="🏭 / 🖤🔊 / ⛓ / 🦇",
    ),
    "minimal": words(
        en="minimal techno / microhouse / minimal house / clicks and cuts / micro house / "
        "minimal electronic / minimal music / minimalist techno / glitchy minimal / "
        "dub techno / romanian minimal / minimal tech",
        fr="techno minimale / minimale / musique minimale / techno minimaliste / électro minimale",
        es="techno minimalista / música minimalista",
        de="minimaler techno / minimale musik / minimal techno aus köln",
        it="techno minimale italiana / musica minimale",
        pt="techno minimalista brasileiro / música mínima",
        emoji="➖ / ⚪",
    ),
    "house": words(
        en="house music / chicago house / club house / tech house / piano house / vocal house / "
        "progressive house / classic house / french house / french touch / house beat / "
        "funky house / electro house / filter house / future house / jackin house / 4x4 house",
        fr="musique house / de la house / house de chicago / house française / house de club",
        es="música house / house clásico",
        de="house musik / housemusik / klassischer house",
        it="musica house / house italiana",
        pt="música house brasileira / house clássica",
        emoji="🏠 / 🏡",
    ),
    "deep house": words(
        en="deep house music / soulful house / lounge house / smooth house / beach house / "
        "deephouse / sunset house / jazzy house / late night house / organic house / balearic / "
        "amapiano",
        fr="house profonde / house lounge / house jazzy",
        es="house profundo / deep house de playa",
        de="tiefer house / entspannter house",
        it="house profonda / deep house da spiaggia",
        pt="house profundo brasileiro / deep house de praia",
        emoji="🏖🏠 / 🌊🏠 / 🏖",
    ),
    "acid": words(
        en="acid techno / acid house / 303 / tb-303 / tb 303 / acid line / acid bassline / "
        "squelchy 303 / acid music / roland 303 / acid trax / squelchy acid / acid rave / "
        "acid 303",
        fr="acid à la 303 / techno acide / acide / ligne acid / musique acid / basse 303",
        es="música ácida / techno ácido / ácido",
        de="säure techno / acid musik",
        it="techno acida / acido",
        pt="linha ácida / acid brasileiro",
        emoji="🧪 / 🍋 / 🧪🔊",
    ),
    "trance": words(
        en="uplifting trance / psytrance / euphoric trance / goa / progressive trance / "
        "goa trance / psy trance / edm / trance music / vocal trance / epic trance / hands up / "
        "big room / classic trance / trance anthem / festival trance / supersaw trance",
        fr="transe / musique trance / trance planante / trance euphorique / transe psychédélique",
        es="música trance / trance eufórico",
        de="trance musik / euphorischer trance",
        it="musica trance / trance euforica",
        pt="música trance brasileira / transe eufórico",
        emoji="🌀 / 🙌 / 🌀🙌",
    ),
    "disco": words(
        en="disco music / nu disco / italo disco / 70s disco / disco beat / seventies disco / "
        "disco strings / disco fever / nu-disco / studio 54 / disco groove / disco ball / "
        "classic disco / space disco / boogie",
        fr="musique disco / disco années 70 / du disco / boule à facettes / disco des années 70",
        es="música disco / disco de los setenta",
        de="disko / disco musik / siebziger disco",
        it="disco italiana / musica da discoteca",
        pt="discoteca / disco dos anos 70",
        emoji="🪩 / 🕺 / 🕺🪩",
    ),
    "dubstep": words(
        en="wobble / brostep / heavy dubstep / bass music / wobble bass / riddim / "
        "filthy dubstep / dubstep drop / dubstep beat / growl bass / uk dubstep / dub step / "
        "half time bass / skrillex style dubstep / bass drop",
        fr="basse wobble / dubstep lourd / du dubstep / dubstep sale",
        es="dubstep pesado / bajo wobble",
        de="schwerer dubstep / wobbelbass",
        it="dubstep duro / basso wobble",
        pt="dubstep pesado brasileiro / baixo wobble",
        emoji="👹 / 🦖 / 👹🔊",
    ),
    "drum and bass": words(
        en="dnb / drum'n'bass / drum n bass / liquid drum and bass / drum & bass / d&b / "
        "liquid dnb / neurofunk / d'n'b / drum and bass music / jump up / dnb roller / liquid / "
        "neuro dnb / rollers / drumnbass / drum and bass beat / jump up dnb",
        fr="drum et bass / de la drum and bass / drum'n'bass liquide",
        es="drum and bass líquido / dnb español",
        de="drum und bass / flüssiger drum and bass",
        it="drum e bass / drum and bass liquida",
        pt="drum e baixo / drum and bass brasileiro",
        emoji="🐍 / 🏎 / 🥁🏎",
    ),
    "jungle": words(
        en="jungle music / amen break / amen / old school jungle / ragga jungle / "
        "oldskool jungle / chopped amen / jungle breaks / 90s jungle / junglist / amen breaks / "
        "jungle beat / jungle dnb / jungle drum and bass",
        fr="jungle années 90 / de la jungle / jungle à l'ancienne / ragga jungle française",
        es="jungle de los noventa / selva amen",
        de="neunziger jungle / dschungel breaks",
        it="jungle anni 90 / giungla amen",
        pt="jungle dos anos 90 / selva breaks",
        emoji="🐆 / 🦍 / 🌿🥁",
    ),
    "breakbeat": words(
        en="big beat / breaks / breakbeats / nu skool breaks / broken beat / electro breaks / "
        "break beat / funky breaks / funky breakbeat / breakdance / b-boy breaks / "
        "chemical breaks / uk garage / 2-step / breakcore / broken beats",
        fr="rythme cassé / breakbeat à l'ancienne / beat cassé / du breakbeat",
        es="ritmo roto / breakbeat andaluz",
        de="gebrochener beat / breakbeat musik",
        it="ritmo spezzato / breakbeat italiano",
        pt="batida quebrada / breakbeat brasileiro",
        emoji="🧩 / 🧨 / 🤸",
    ),
    "trap": words(
        en="trap beat / trap music / 808 / 808s / drill / phonk / atlanta trap / hard trap / "
        "808 bass trap / trap hi hats / uk drill / trap instrumental / type beat / rage beat / "
        "trap 808 / melodic trap",
        fr="trap française / de la trap / beat trap / instru trap",
        es="trap latino / música trap / trap español",
        de="deutscher trap / trap musik",
        it="musica trap / trap italiana",
        pt="trap brasileiro / batida trap",
        emoji="💸 / 🥶 / 💎",
    ),
    "hip hop": words(
        en="rap / boom bap / hiphop / hip-hop / old school hip hop / hip hop beat / rap beat / "
        "90s hip hop / east coast / east coast rap / golden age hip hop / new york hip hop / "
        "rap music / rap instrumental / gangsta rap / west coast / west coast rap / g-funk / r&b",
        fr="rap français / du rap / beat rap / instru rap / hip hop à l'ancienne / du hip hop",
        es="rap español / ritmo de rap / música rap",
        de="deutschrap / rap musik / hip hop aus berlin",
        it="rap italiano / musica rap",
        pt="rap brasileiro / batida de rap",
        emoji="🎤 / 🧢 / 🎤🧢",
    ),
    "lo-fi hip hop": words(
        en="lofi / lo-fi / lo fi / lo-fi beats / chillhop / study beats / lofi hip hop / "
        "lofi beats / beats to study to / lo-fi hiphop / chilled hop / dusty beats / "
        "lofi beat / lofi girl / beats to relax to / vinyl crackle beats / jazzhop / trip hop / "
        "trip-hop",
        fr="beats pour étudier / du lofi / hip hop lo-fi / lofi pour réviser / "
        "musique pour étudier",
        es="lofi para estudiar / música para estudiar",
        de="lofi zum lernen / lernmusik",
        it="lofi per studiare / musica per studiare",
        pt="lofi para relaxar / batidas para estudar",
        emoji="☕ / 📚 / 📚☕",
    ),
    "ambient": words(
        en="ambient music / atmospheric soundscape / meditation / pads / chillout / "
        "soundscape / ambient pads / ethereal / space music / floating pads / new age / "
        "brian eno style ambient / sleep music / relaxation / yoga music / spa music / "
        "dreamscape",
        fr="nappe / musique planante / ambiance / nappes / nappes de synthé / méditation / "
        "planant / ambient planante / paysage sonore / relaxation douce / "
        "musique de relaxation / ambiant",
        es="música ambiental / música relajante / paisaje sonoro / meditación",
        de="ambient musik / entspannungsmusik / klanglandschaft / meditationsmusik / sphärisch",
        it="musica ambientale / paesaggio sonoro / meditazione",
        pt="música ambiente / paisagem sonora / meditação",
        emoji="🌌 / 🌊 / 🧘 / ☁ / 🌌🌊",
    ),
    "drone": words(
        en="drone music / dark ambient / droning / drone ambient / sustained drone / drones / "
        "one long note / endless drone / drone doom / tanpura drone / low hum / static drone / "
        "noise / drone tone",
        fr="bourdon / note tenue / musique drone / bourdonnement / du drone / nappe statique / "
        "son continu",
        es="zumbido / nota sostenida / música drone",
        de="brummen / dauerton / drone musik",
        it="ronzio / nota tenuta / bordone",
        pt="zumbido contínuo / nota sustentada / som contínuo",
        emoji="🛸 / 〰 / 🪐",
    ),
    "synthwave": words(
        en="retrowave / 80s synth / outrun / eighties synth pop / synth pop / synthpop / 80s / "
        "80s music / retro synth / vaporwave / darksynth / synth wave / eighties / new wave / "
        "neon synthwave / miami synthwave / 80s pop / chillwave / 80s synths",
        fr="années 80 / synthé années 80 / synthés rétro / pop synthé / synthwave rétro",
        es="años 80 / sintetizadores retro / pop de los ochenta",
        de="achtziger / achtziger synthesizer / synthie pop",
        it="anni 80 / sintetizzatori anni ottanta",
        pt="anos 80 / sintetizador retrô",
        emoji="🌆 / 🏙 / 📼",
    ),
    "chiptune": words(
        en="8-bit / 8bit / 8 bit / video game music / game boy / nes / chip tune / arcade / "
        "gameboy / chip music / retro game / 16-bit / video game / nintendo / commodore 64 / "
        "c64 / sid chip / bitpop / 8-bit game / 8bit music / arcade game music / pixel music",
        fr="musique de jeu vidéo / jeu vidéo / jeux vidéo / musique 8-bit / jeu rétro / "
        "borne d'arcade",
        es="música de videojuegos / videojuego / música de 8 bits",
        de="videospielmusik / videospiel / 8-bit musik",
        it="musica da videogiochi / videogioco",
        pt="música de videogame / jogo retrô",
        emoji="🎮 / 👾 / 🕹",
    ),
}
