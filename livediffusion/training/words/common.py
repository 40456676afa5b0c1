"""Common words that say nothing of a sound, so that nobody is told the model does not know them."""

from __future__ import annotations

from livediffusion.training.words.tables import Words, words

COMMON: Words = words(
    en="""
    a an the this that these those it its i me my we us our you your he she they them his her
    and or but not no nor yes so if then than as at by for from in into of off on onto out
    over to under up upon with without within about above after again against all also always
    am any are around away back be been before behind being below between both can could did
    do does doing done down during each even ever every few get gets getting give go goes
    going good got had has have having here how just keep kind let like likes little lot lots
    made make makes making many may maybe might more most much must my need never new next
    nice now old once one only other own please plus put quite rather really right same say
    see should since some something sort still such take thanks that their there thing things
    think through time too try two use used using very want wants was way well were what when
    where which while who why will would yeah yet music song songs loop loops track tracks
    tune tunes sound sounds sounding beat beats tempo bpm bar bars play plays playing played
    style styles vibe vibes mood feel feeling genre version instrument instruments note notes
    melody melodies harmony chord chords rhythm rhythms rhythmic bass bassline line lines part
    parts voice voices riff live set start stop end intro outro hello hi hey okay ok test
    prompt first second third three four five six half double full morning night day evening
    today tonight year years love heart man woman people friend friends world city street
    house home room""",
    fr="""
    le la les un une des du de d l au aux ce cet cette ces mon ma mes ton ta tes son sa ses
    notre nos votre vos leur leurs je j tu il elle on nous vous ils elles me m te t se s lui y
    en et ou où mais donc or ni car que qu qui quoi dont quand comme comment pourquoi si ne n
    pas plus moins très trop peu assez bien mal tout toute tous toutes rien avec sans pour par
    sur sous dans chez vers entre avant après pendant depuis contre est es suis sont être été
    était fait faire fais font a as ai ont avoir va vas vais vont aller veux veut voudrais
    peux peut faut dois mets mettre joue jouer donne donner un deux trois quatre cinq fois
    chose choses quelque quelques même autre autres encore toujours jamais déjà ici là ça c
    cela merci stp svp oui non bon bonne beau belle petit petite grand grande gros grosse
    nouveau vieux vieille genre style façon type sorte musique chanson morceau boucle son sons
    rythme mélodie harmonie accord accords note notes voix ligne groupe tempo ambiance début
    fin soir nuit jour matin soleil pluie mer ciel monde ville rue maison fête ami amis coeur
    amour homme femme gens temps moment peu près juste seul seule""",
    es="""
    el la los las un una unos unas de del al y o u pero que quien como cuando donde si no ni
    mi tu su sus mis es son ser está estar hay muy más menos mucho mucha muchos poco poca todo
    toda todos algo nada con sin para por en sobre entre hasta desde yo me te se lo le nos
    quiero quiere dame pon toca hacer música canción ritmo sonido bucle estilo noche día favor
    gracias este esta ese esa otro otra uno dos tres bien también ya solo sólo así""",
    de="""
    der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine
    mit ohne für von vom zu zum zur im in an am auf aus bei nach über unter vor durch gegen um
    ich du er sie es wir ihr mich mir dich dir sich mein dein sein ist sind war bin hat haben
    wird werden kann will möchte bitte danke etwas viel viele wenig mehr weniger sehr ganz nur
    noch auch schon so wie was wer wo wann alles nichts musik lied stück klang rhythmus nacht
    tag gut schön neu alt groß klein zwei drei mal spiel mach gib""",
    it="""
    il lo la i gli le un uno una di del della dei delle da dal in nel nella con senza per su
    sul tra fra e o ma che chi come quando dove se non mi ti si ci vi io tu lui lei noi voi
    loro mio tuo suo è sono essere ha ho hanno fare fa voglio vorrei dammi suona molto poco
    più meno tutto tutti niente qualcosa musica canzone ritmo suono stile notte giorno grazie
    favore bello bella nuovo questo questa due tre anche ancora solo""",
    pt="""
    o a os as um uma uns umas de do da dos das em no na nos nas ao à com sem para por pelo
    pela e ou mas que quem como quando onde se não eu tu ele ela nós me te meu minha seu sua é
    são ser está estar tem ter quero queria toca faz fazer muito muita pouco mais menos tudo
    todos nada algo música canção ritmo som estilo noite dia obrigado favor bom boa novo este
    esta isso dois três também ainda só""",
    emoji="🎵 🎶 ❤ 🙏 👍 🎧 🎉 🥳 💥 ⭐ 🌟 💖 💜 😍 👌 ✌ 🔁 ▶ 🎚 🎛 😁 😂 🙂 👏",
)
