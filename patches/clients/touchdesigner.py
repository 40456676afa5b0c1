"""livediffusion from TouchDesigner: paste this into a Text DAT and choose Run Script.

It builds a Base COMP `livediffusion` beside that DAT: its custom parameters send by an OSC Out
DAT, an OSC In DAT moves them by what it hears, and the Parameter CHOP `values` in it has them all
as channels. Made by scripts/make-clients from the parameter table; edit that instead.
"""

HOST, PORT, FEEDBACK_PORT = "127.0.0.1", 7770, 9005

# page, parameter, kind, address, label, lowest, highest, at first (or what to choose from), sends
ROWS = [
    ("Prompts", "Prompt1weight", "float", "/ld/prompt/1/weight", "weight 1", 0, 1, 0, None),  # how much of prompt 1 is in the blend
    ("Prompts", "Prompt2weight", "float", "/ld/prompt/2/weight", "weight 2", 0, 1, 0, None),  # how much of prompt 2 is in the blend
    ("Prompts", "Prompt3weight", "float", "/ld/prompt/3/weight", "weight 3", 0, 1, 0, None),  # how much of prompt 3 is in the blend
    ("Prompts", "Prompt4weight", "float", "/ld/prompt/4/weight", "weight 4", 0, 1, 0, None),  # how much of prompt 4 is in the blend
    ("Prompts", "Prompt1text", "str", "/ld/prompt/1/text", "text 1", 0, 1, 0, None),  # what prompt 1 says
    ("Prompts", "Prompt2text", "str", "/ld/prompt/2/text", "text 2", 0, 1, 0, None),  # what prompt 2 says
    ("Prompts", "Prompt3text", "str", "/ld/prompt/3/text", "text 3", 0, 1, 0, None),  # what prompt 3 says
    ("Prompts", "Prompt4text", "str", "/ld/prompt/4/text", "text 4", 0, 1, 0, None),  # what prompt 4 says
    ("Play", "Xy", "float2", "/ld/xy", "xy", 0, 1, 0, None),  # a pad over the prompts' positions; sets the weights
    ("Play", "Seeda", "int", "/ld/seed/a", "seed a", 0, 2147483647, 0, None),  # the seed at morph 0
    ("Play", "Seedb", "int", "/ld/seed/b", "seed b", 0, 2147483647, 1, None),  # the seed at morph 1
    ("Play", "Seedmorph", "float", "/ld/seed/morph", "seed morph", 0, 1, 0, None),  # from seed a to seed b
    ("Play", "Drift", "float", "/ld/drift", "drift", 0, 1, 0, None),  # added to the morph each loop; past 1 it walks on to the next seed [a loop]
    ("Play", "Guidance", "float", "/ld/guidance", "guidance", 0, 20, 0, None),  # how strictly the prompts are followed; the model's own unless set
    ("Play", "Strength", "float", "/ld/strength", "strength", 0, 1, 0.75, None),  # how far from the seed image; without one it does nothing
    ("Play", "Steps", "int", "/ld/steps", "steps", 1, 100, 1, None),  # denoising steps; the model's own unless set
    ("Play", "Lora1weight", "float", "/ld/lora/1/weight", "lora 1 weight", 0, 1, 0, None),  # how much of the patch's LoRA 1; without one it does nothing
    ("Play", "Lora2weight", "float", "/ld/lora/2/weight", "lora 2 weight", 0, 1, 0, None),  # how much of the patch's LoRA 2; without one it does nothing
    ("Play", "Lora3weight", "float", "/ld/lora/3/weight", "lora 3 weight", 0, 1, 0, None),  # how much of the patch's LoRA 3; without one it does nothing
    ("Play", "Lora4weight", "float", "/ld/lora/4/weight", "lora 4 weight", 0, 1, 0, None),  # how much of the patch's LoRA 4; without one it does nothing
    ("Play", "Glide", "float", "/ld/glide", "glide", 0, 64, 0, None),  # how long a change takes [beats]
    ("Play", "Fade", "float", "/ld/fade", "fade", 1, 2000, 60, None),  # how long one loop fades into the next [ms]
    ("Play", "Lean", "float", "/ld/lean", "lean", 0, 1, 0.7, None),  # how far the sound leans to loops that are ready while a new blend is rendered; 0 waits for the blend itself
    ("Play", "Quantise", "menu", "/ld/quantise", "quantise", 0, 1, ["off", "beat", "bar", "loop"], None),  # where a change may be heard
    ("Play", "Tempo", "float", "/ld/tempo", "tempo", 20, 300, 120, None),  # the loop is bent to it at once, and the exact one follows; while a clock leads, its own counts [bpm]
    ("Buttons", "Tap", "pulse", "/ld/tap", "tap", 0, 1, 0, None),  # tap the tempo, from the third tap on; two seconds without one begin anew
    ("Play", "Clocksource", "menu", "/ld/clock/source", "clock source", 0, 1, ["internal", "midi", "link"], None),  # who leads the time
    ("Play", "Clockoffset", "float", "/ld/clock/offset", "clock offset", -1000, 1000, 0, None),  # how much later than the clock that leads the song is heard [ms]
    ("Buttons", "Scenenext", "pulse", "/ld/scene/next", "scene next", 0, 1, 0, None),  # launch the next scene, round and round
    ("Play", "Hold", "toggle", "/ld/hold", "hold", 0, 1, 0, None),  # swaps wait; the newest is taken on release
    ("Play", "Mute", "toggle", "/ld/mute", "mute", 0, 1, 0, None),  # silence; time runs on
    ("Play", "Gain", "float", "/ld/gain", "gain", -60, 6, 0, None),  # volume [dB]
    ("Play", "Filter", "float", "/ld/filter", "filter", -1, 1, 0, None),  # low-pass below 0, high-pass above
    ("Play", "Bank", "int", "/ld/bank", "bank", 1, 16, 1, None),  # which bank of MIDI mappings is live
    ("Play", "Record", "toggle", "/ld/record", "record", 0, 1, 0, None),  # record the performance: sound, and all that is needed to play it again
    ("Buttons", "Mark", "pulse", "/ld/mark", "mark", 0, 1, 0, "mark"),  # put a marker into the recording
    ("Buttons", "Play", "pulse", "/ld/play", "play", 0, 1, 0, None),  # start; after panic, at the next bar
    ("Buttons", "Stop", "pulse", "/ld/stop", "stop", 0, 1, 0, None),  # fade out, back to beat 0
    ("Buttons", "Panic", "pulse", "/ld/panic", "panic", 0, 1, 0, None),  # silence in 50 ms; time runs on
    ("Buttons", "Undo", "pulse", "/ld/undo", "undo", 0, 1, 0, None),  # back to the values before the last gesture, scene or patch; 32 deep
    ("Buttons", "State", "pulse", "/ld/state", "state", 0, 1, 0, None),  # the sender gets every value
    ("Out", "Outbeat", "float", "/ld/out/beat", "beat", 0, 1, 0, None),  # song beat that sounds [beats]
    ("Out", "Outbar", "float", "/ld/out/bar", "bar", 0, 1, 0, None),  # bar that sounds, from 1 [bars]
    ("Out", "Outtempo", "float", "/ld/out/tempo", "tempo", 0, 1, 0, None),  # tempo that sounds [bpm]
    ("Out", "Outclock", "str", "/ld/out/clock", "clock", 0, 1, 0, None),  # who leads the time, and how that goes: midi: locked
    ("Out", "Outeta", "float", "/ld/out/eta", "eta", 0, 1, 0, None),  # when the newest change will be heard [beats]
    ("Out", "Outlead", "float", "/ld/out/lead", "lead", 0, 1, 0, None),  # how far ahead loops are ready [beats]
    ("Out", "Outrenderms", "float", "/ld/out/render_ms", "render ms", 0, 1, 0, None),  # how long the last render took [ms]
    ("Out", "Outlevel", "float", "/ld/out/level", "level", 0, 1, 0, None),  # peak level [dBFS]
    ("Out", "Outlate", "float", "/ld/out/late", "late", 0, 1, 0, None),  # loops that were not ready in time
    ("Out", "Outunderruns", "float", "/ld/out/underruns", "underruns", 0, 1, 0, None),  # times that the audio device went hungry
    ("Out", "Outoutput", "str", "/ld/out/output", "output", 0, 1, 0, None),  # where the sound goes
    ("Out", "Outrestarts", "float", "/ld/out/restarts", "restarts", 0, 1, 0, None),  # times that a process of the program was started again
    ("Out", "Outrefused", "float", "/ld/out/refused", "refused", 0, 1, 0, None),  # messages that were refused
    ("Out", "Outrecording", "float", "/ld/out/recording", "recording", 0, 1, 0, None),  # how much is recorded; 0 while nothing is [s]
    ("Out", "Outlearn", "str", "/ld/out/learn", "learn", 0, 1, 0, None),  # how learning goes: a word and a sentence
    ("Out", "Outdrops", "float", "/ld/out/drops", "drops", 0, 1, 0, None),  # OSC packets lost because they came faster than they could be read
    ("Out", "Outerror", "str", "/ld/out/error", "error", 0, 1, 0, None),  # what was refused, and what to do
    ("Texts", "Seedimage", "str", "/ld/seed/image", "seed image", 0, 1, 0, None),  # play over a seed image: its name, no path; empty for none
    ("Texts", "Negative", "str", "/ld/negative", "negative", 0, 1, 0, None),  # what to stay away from
    ("Texts", "Patch", "str", "/ld/patch", "patch", 0, 1, 0, None),  # load a patch: its name in the patches folder, no paths
    ("Texts", "Model", "str", "/ld/model", "model", 0, 1, 0, None),  # play on with another model: a name from [models] in the config, no paths
    ("Texts", "Scene", "str", "/ld/scene", "scene", 0, 256, 0, None),  # launch a scene, by name or by number from 1, at the next place that the quantise allows; the float is how long it takes, else its own glide, else /ld/glide [beats]
    ("Scenes", "Scene1", "pulse", "/ld/scene", "scene 1", 0, 1, 0, 1),
    ("Scenes", "Scene2", "pulse", "/ld/scene", "scene 2", 0, 1, 0, 2),
    ("Scenes", "Scene3", "pulse", "/ld/scene", "scene 3", 0, 1, 0, 3),
    ("Scenes", "Scene4", "pulse", "/ld/scene", "scene 4", 0, 1, 0, 4),
    ("Scenes", "Scene5", "pulse", "/ld/scene", "scene 5", 0, 1, 0, 5),
    ("Scenes", "Scene6", "pulse", "/ld/scene", "scene 6", 0, 1, 0, 6),
    ("Scenes", "Scene7", "pulse", "/ld/scene", "scene 7", 0, 1, 0, 7),
    ("Scenes", "Scene8", "pulse", "/ld/scene", "scene 8", 0, 1, 0, 8),
    ("Scenes", "Nudgeback", "pulse", "/ld/nudge", "nudge -", 0, 1, 0, -0.05),
    ("Scenes", "Nudgeon", "pulse", "/ld/nudge", "nudge +", 0, 1, 0, 0.05),
]

# In the component: what a parameter sends when somebody moves it.
MOVED = """
def onValueChange(par, prev):
    heard = me.parent().fetch("heard", {})
    value = par.eval()
    if par.name in heard and heard[par.name] == value:
        return  # it was moved by what was heard
    mod("heard").send(par.name)

def onPulse(par):
    mod("heard").send(par.name)
"""

# In the component: what is heard moves a parameter, without being sent back.
HEARD = """
def rows():
    return me.parent().fetch("rows")

def send(name):
    comp = me.parent()
    page, kind, address, names, argument = rows()[name]
    if kind == "pulse":
        comp.op("osc_out").sendOSC(address, [1 if argument is None else argument])
    elif page != "Out":
        comp.op("osc_out").sendOSC(address, [comp.par[each].eval() for each in names])

def subscribe(always=True):
    comp = me.parent()
    if always or absTime.seconds - comp.fetch("heard_at", 0.0) > 5.0:
        comp.op("osc_out").sendOSC("/ld/subscribe", [comp.fetch("feedback_port")])
    run("args[0].subscribe(False)", me.module, delayMilliSeconds=5000)

def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    comp = me.parent()
    comp.store("heard_at", absTime.seconds)
    heard = comp.fetch("heard")
    for page, kind, row_address, names, argument in rows().values():
        if row_address == address and kind != "pulse":
            for name, value in zip(names, args[-len(names):]):
                comp.par[name].val = value
                heard[name] = comp.par[name].eval()
"""


def append(page, name, kind, label, low, high, start):
    """Add a custom parameter; the names of all its parts."""
    if kind == "pulse":
        made = page.appendPulse(name, label=label)
    elif kind == "menu":
        made = page.appendMenu(name, label=label)
        made[0].menuNames = made[0].menuLabels = start
    elif kind == "toggle":
        made = page.appendToggle(name, label=label)
    elif kind == "str":
        made = page.appendStr(name, label=label)
    else:
        size = 2 if kind == "float2" else 1
        add = page.appendInt if kind == "int" else page.appendFloat
        made = add(name, label=label, size=size)
        for par in made:
            par.normMin, par.normMax = low, high
            if page.name != "Out":
                par.min, par.max, par.clampMin, par.clampMax = low, high, True, True
                par.default = par.val = start
    return [par.name for par in made]


def set_par(operator, value, *names):
    """Set the parameter by whichever of these names this version of TouchDesigner has."""
    for name in names:
        if operator.par[name] is not None:
            operator.par[name] = value
            return


def build(place):
    """Make the component in a COMP."""
    comp = place.create(baseCOMP, "livediffusion")
    pages, rows = {}, {}
    for page, name, kind, address, label, low, high, start, argument in ROWS:
        if page not in pages:
            pages[page] = comp.appendCustomPage(page)
        names = append(pages[page], name, kind, label, low, high, start)
        for each in names:
            rows[each] = (page, kind, address, names, argument)
    comp.store("rows", rows)
    comp.store("heard", {})
    comp.store("feedback_port", FEEDBACK_PORT)

    out = comp.create(oscoutDAT, "osc_out")
    set_par(out, HOST, "address", "netaddress")
    set_par(out, PORT, "port")
    heard = comp.create(textDAT, "heard")
    heard.text = HEARD
    osc_in = comp.create(oscinDAT, "osc_in")
    set_par(osc_in, heard, "callbacks")
    set_par(osc_in, FEEDBACK_PORT, "port")
    moved = comp.create(parameterexecuteDAT, "moved")
    moved.text = MOVED
    set_par(moved, comp, "op", "ops")
    set_par(moved, "*", "pars")
    for flag in ("custom", "valuechange", "onpulse", "active"):
        set_par(moved, True, flag)
    set_par(moved, False, "builtin")
    values = comp.create(parameterCHOP, "values")
    set_par(values, comp, "ops", "op")
    set_par(values, True, "custom")
    set_par(values, False, "builtin")
    heard.module.subscribe()


build(me.parent())
