"""Styles that the model never learned, and the genre that comes nearest.

Judged by pulse, drums, bass and instruments rather than by history: gqom is nearest to house,
cumbia to reggae. Names that captions use ("bossa nova", "grunge") are in the genres' own tables.
"""

from __future__ import annotations

_NEAREST = {
    "techno": """
    hypnotic techno / bleep / tribal techno / hardgroove / trancecore / newbeat / new beat /
    makina techno / electro clash / electroclash / bmore / birmingham techno""",
    "dark techno": """
    hardstyle / frenchcore / speedcore / terrorcore / happy hardcore / rawstyle / hakken /
    power electronics / aggrotech / makina / tribe / mentalcore / uptempo / powernoise /
    rhythmic noise / darkstep techno / industrial hardcore / bouncy techno / donk""",
    "minimal": """
    clicks / lowercase / rominimal / ro minimal / clickhouse / glitch / glitch hop / idm /
    minimal wave / deep tech""",
    "house": """
    gqom / kuduro / afro house / afrobeats / afropop / ghetto house / juke / footwork /
    baltimore club / jersey club / kwaito / bassline / speed garage / uk funky / hip house /
    eurohouse / italo house / latin house / tribal house / bounce / melbourne bounce / eurodance
    / kizomba / azonto / singeli / shangaan / dabke / raï / rai / chaabi / mahraganat /
    electro swing / stutter house / complextro / moombahton house / slap house / dance pop /
    k-pop / kpop / j-pop / jpop / c-pop / pop / electropop / pop music / variété / schlager /
    bubblegum pop / europop / dansband / turbofolk / manele / balkan beats / batida / zouk /
    soca / bouyon / konpa / compas / calypso / makossa / coupé décalé / ndombolo / soukous /
    private school piano / tropical house / bongo flava / gengetone / highlife / juju / benga""",
    "deep house": """
    lounge / slow house / melodic house / chill house / downtempo house / nu jazz / acid jazz /
    broken house / ambient house / lo-fi house / outsider house""",
    "acid": """
    acidcore / acid trance / acid breaks / braindance / mental / acid core / squat acid""",
    "trance": """
    hands-up / dream trance / hard trance / tech trance / full on / suomisaundi / forest psy /
    darkpsy / zenonesque / hi-tech psy / hitech / trouse / eurotrance / balearic trance / psydub
    / psychill / festival edm / mainroom / future rave""",
    "disco": """
    eurodisco / hi-nrg / hi nrg / post-disco / french boogie / city pop / cosmic disco /
    disco polo / cumbia disco / disco house / nu-disco funk / ballroom / vogue / cabaret /
    paso doble / cha cha / cha-cha / cha cha cha / musette / polka / valse / waltz / tarantella""",
    "dubstep": """
    grime / tearout / deathstep / melodic dubstep / future bass / chillstep / post-dubstep /
    purple sound / uk bass / wonky / bassweight / moombahcore / drumstep / glitchstep / halftime""",
    "drum and bass": """
    techstep / drumfunk / jazzstep / dancefloor dnb / autonomic / sambass /
    intelligent drum and bass / atmospheric drum and bass / darkstep / hardstep / microfunk""",
    "jungle": """
    ragga / raggacore / hardcore breaks / breakbeat hardcore / darkcore / ragga breaks /
    footwork jungle / lolicore / drill and bass / mashcore""",
    "breakbeat": """
    electro funk / miami bass / baile funk / funk carioca / favela funk / turntablism /
    big breaks / florida breaks / baltimore breaks / wonky beats / nu-breaks / ghettotech /
    bass house / future garage / garage house / freestyle / speed bass / go-go / electro-funk""",
    "trap": """
    cloud rap / plugg / pluggnb / rage / hyperpop / crunk / dirty south / mumble rap / emo rap /
    latin trap / reggaeton / dembow / perreo / moombahton / corrido tumbado / jerk / drift phonk
    / witch house / hardwave / wave / bounce rap / hyphy / snap / trapsoul / trap soul /
    jersey drill""",
    "hip hop": """
    g funk / horrorcore / conscious rap / hardcore rap / jazz rap / new jack swing / rnb /
    contemporary r&b / neo soul / neo-soul / beatbox / slam / turntables / spoken word /
    battle rap / mpc / urban / golden era / slowed rap / chopped and screwed / memphis rap""",
    "lo-fi hip hop": """
    downtempo / downbeat / chill beats / instrumental hip hop / plunderphonics /
    abstract hip hop / chillout hop / tape music / bedroom pop / nujabes / j dilla / dilla /
    anime beats / coffee shop / slowcore / bedroom / hypnagogic pop / illbient / easy listening""",
    "ambient": """
    dark ambience / asmr / field recording / nature sounds / healing / reiki / mantra /
    space ambient / space drone / kosmische / krautrock / berlin school / ambient pop /
    dream pop / chill out / psybient / tibetan bowls / singing bowls / gregorian /
    gregorian chant / chant / chants / lullaby / berceuse / enya / celtic / raga / gamelan /
    gagaku / guqin / post-rock / post rock / cinematic ambient / ethereal wave /
    neoclassical dark wave / lullabies""",
    "drone": """
    didgeridoo / throat singing / hurdy gurdy / bagpipe / bagpipes / cornemuse / biniou /
    tanpura / harmonium / noise music / harsh noise / white noise / pink noise /
    musique concrète / musique concrete / electroacoustic / isolationism / sunn / tuvan /
    overtone / sludge drone / vielle à roue / shruti / singing bowl / dungchen / acousmatique""",
    "synthwave": """
    darkwave / dark wave / cold wave / coldwave / italo pop / chillsynth / dreamwave / spacewave
    / electro pop / future funk / new romantic / synth punk / minimal synth / john carpenter /
    stranger things / popwave / mallsoft / slushwave / sovietwave / synth funk""",
    "chiptune": """
    nintendocore / bitcrush / skweee / tracker / amiga / sega / megadrive / atari / famicom /
    mario / zelda / tetris / pokemon / sonic / keygen / demoscene / fm synthesis / picopop /
    kawaii future / msx / zx spectrum / gameboy camera / super nintendo / snes""",
    "rock": """
    shoegaze / britpop / post-punk / emo / psychedelic / psychedelic rock / prog / prog rock /
    progressive rock / surf / surf rock / rockabilly / psychobilly / southern rock / desert rock
    / noise rock / math rock / glam / glam rock / yacht rock / college rock / garage punk / oi /
    ska punk / pop punk / hardcore punk / riot grrrl / mod / beatles / nirvana / zeppelin /
    heartland rock / boogie rock / space rock / kraut / tropicalia / cajun / zydeco / swamp /
    country rock / honky tonk / western swing / rock steady / twist / yé-yé / chanson /
    chacarera""",
    "metal": """
    grindcore / deathcore / sludge / power metal / folk metal / viking metal / industrial metal
    / crossover thrash / groove metal / progressive metal / gothic metal / symphonic metal /
    crust / crust punk / powerviolence / mathcore / screamo / post-metal / goregrind / metallica
    / slayer / sabbath / black sabbath / djent metal / rap metal / trance metal / hair metal""",
    "funk": """
    afro funk / go go / northern soul / gospel / quiet storm / brass band / fanfare /
    second line / deep funk / blaxploitation / p funk / boogaloo / latin funk / ethio-jazz /
    ethio jazz / ethiopian / stax / doo-wop / doo wop / rhythm and blues / fusion / wassoulou /
    mbalax / samba funk / latin soul / timba / parliament / fela kuti / nu funk / nu-funk /
    slap house funk""",
    "jazz": """
    salsa / mambo / son cubano / bolero / samba / choro / mpb / ragtime / dixieland / free jazz
    / smooth jazz / gypsy jazz / latin jazz / vocal jazz / crooner / stride / lounge jazz /
    soul jazz / third stream / post-bop / jazz fusion / afro-cuban / cuban / rat pack /
    charleston / foxtrot / cha-cha jazz / noir jazz / miles davis / coltrane / django / exotica
    / klezmer / tango / argentine tango / milonga / biguine / beguine / blue note /
    swing jazz manouche / danzon""",
    "flamenco": """
    sevillanas / fandango / rumba catalana / copla / fado / pasodoble / paco de lucia / saeta /
    farruca / alegrias / tientos / mariachi / ranchera / corrido / norteño / huapango / bachata
    / merengue / vallenato / joropo / guaracha / oud / arabic / arabic music / turkish /
    oriental / andalou / gnawa / berber / flamenco pop / malagueña / son jarocho / charango""",
    "reggae": """
    🌴 / cumbia / raggamuffin / mento / two tone / 2 tone / third wave ska / nyabinghi /
    reggae fusion / dub poetry / digital dub / reggae roots dub / sound system / maloya / séga /
    bachatón / chicha / cumbia villera / tropical / hawaiian / ukulele / marley / steel drum /
    steelpan / steelpans / ska jazz / reggae en español""",
    "classical": """
    opéra / impressionism / impressionist / romantic / chopin orchestra / ballet / choral /
    requiem / madrigal / medieval / trailer / trailer music / epic trailer / hans zimmer /
    john williams / score / musical / broadway / contemporary classical / neoclassical /
    neo-classical / modern classical / tchaikovsky / wagner / stravinsky / brahms / haydn /
    handel / händel / mahler / oratorio / suite / overture / fugue / disney / march / military /
    hymn / trumpet / trombone / tuba / french horn / oboe / clarinet / bassoon / harpsichord /
    clavecin / clavichord / harp / harpe / choir / celesta / timpani / xylophone / glockenspiel
    / brass band march""",
    "piano": """
    chopin / debussy / satie / einaudi / yiruma / nocturne / sonata / prelude / étude / etude /
    honky-tonk / boogie-woogie / boogie woogie / barrelhouse / keyboard / rhodes / wurlitzer /
    clavinet / vibraphone / marimba / kalimba / mbira / balafon / music box / hang / handpan /
    toy piano / prepared piano / liszt / rachmaninoff / cimbalom / hammered dulcimer""",
    "guitar": """
    country / bluegrass / americana / banjo / mandolin / ukelele / lute / luth / bouzouki /
    sitar / koto / kora / shamisen / pipa / guzheng / balalaika / dobro / slide guitar /
    delta blues / country blues / lap steel / pedal steel / zither / cithare / folk rock /
    folk music / neofolk / freak folk / indie folk / anti-folk / chanson française / sea shanty
    / irish / celtic folk / tuareg / desert blues / mississippi / troubadour / rebetiko /
    dulcimer""",
    "strings": """
    contrebasse / double bass / erhu / viola da gamba / violoncelles / orchestral strings /
    adagio / nyckelharpa / hardanger / hardingfele / kamancheh / rebab / bluegrass fiddle /
    mellotron / solina / string machine / psycho strings / paganini / chamber""",
    "organ": """
    🪗 / accordion / accordéon / bandoneon / bandonéon / melodica / mélodica / harmonica / b3 /
    leslie / toccata / farfisa / vox continental / fairground / calliope / barrel organ /
    orgue de barbarie / harmonium organ / concertina / hurdy-gurdy / pump organ""",
    "saxophone": """
    soprano sax / kenny g / duduk / zurna / bass clarinet / clarinette / careless whisper /
    saxo soprano / trompette / trumpet solo / bugle / flugelhorn / cor / tárogató""",
    "flute": """
    ney / quena / zampoña / panpipes / ocarina / whistle / dizi / bansuri / fife / pipes /
    low whistle / irish flute / hautbois / kaval / sifflet / whistling / recorder consort / xiao""",
    "drums": """
    samba batucada / gumboot / gumboots / djembé / darbuka / darbouka / cajon / cajón / tabla /
    bodhran / timbales / marching band / drumline / drum corps / maracas / berimbau / capoeira /
    maracatu / batukada / candomble / candombe / beatboxing / body percussion / steel drums /
    timpani solo / gong / cymbals / cymbales / linn / linndrum / woodblock / cowbell / shaker /
    tambourine / tambourin / castanets / dhol / bhangra / nagara / surdo / repinique""",
}
RELATED: dict[str, str] = {
    name: genre
    for genre, names in reversed(_NEAREST.items())
    for name in " ".join(names.split()).split(" / ")
}
