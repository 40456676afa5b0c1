"""[[midi]] tables: read with all their words, or refused with what is wrong and where."""

import pytest

from livediffusion.state.patch import parse_patch
from livediffusion.state.tomlsource import FileProblems

HEAD = '[[prompt]]\ntext = "a"\n[[midi]]\n'  # the table's keys begin on line 4


def read(keys):
    (mapping,) = parse_patch(HEAD + keys).mappings
    return mapping


def test_every_word_is_read():
    mapping = read(
        'control = "cc 16 ch 2"\ndevice = "X*"\ntarget = "/ld/gain"\nrange = [-40, 0]\n'
        'curve = "s"\ntakeover = "relative"\nencoding = "sign-magnitude"\nbank = 3\n'
        "lights = [5, 60]\n"
    )
    assert (str(mapping.control), mapping.device) == ("cc 16 ch 2", "X*")
    assert (mapping.low, mapping.high, mapping.curve) == (-40.0, 0.0, "s")
    assert (mapping.takeover, mapping.encoding) == ("relative", "sign-magnitude")
    assert (mapping.bank, mapping.lights, mapping.whole) == (3, (5, 60), False)


def test_a_switch_jumps_and_a_trigger_fires():
    switch = read('control = "cc 1"\ntarget = "/ld/mute"\n')
    assert (switch.takeover, switch.velocity, switch.whole) == ("jump", False, True)
    assert [switch.value_at(value / 127) for value in (0, 63, 64, 127)] == [0, 0, 1, 1]
    assert read('control = "cc 1"\ntarget = "/ld/play"\n').values == (1,)


def test_words_become_values():
    quantise = read('control = "cc 1"\ntarget = "/ld/quantise"\n')
    assert quantise.values == ("off", "beat", "bar", "loop")
    patch = read('control = "program"\ntarget = "/ld/patch"\nvalues = ["a", "b"]\n')
    assert patch.values == ("a", "b")
    bank = read('control = "note 3"\ntarget = "/ld/bank"\nvalue = 2\n')
    assert bank.values == (2,)


def test_programs_count_scenes_from_one():
    scene = read('control = "program"\ntarget = "/ld/scene"\n')
    assert (scene.low, scene.whole, scene.values) == (1.0, True, ())
    assert read('control = "note 3"\ntarget = "/ld/scene"\nvalue = "drop"\n').values == ("drop",)


@pytest.mark.parametrize(
    ("target", "extra", "steps"),
    [("/ld/gain", "steps = 5", 5), ("/ld/steps", "", 100), ("/ld/mute", "", 2),
     ("/ld/steps", "range = [1, 4]", 4)],
)  # fmt: skip
def test_a_stepped_curve_knows_its_steps(target, extra, steps):
    mapping = read(f'control = "cc 1"\ntarget = "{target}"\ncurve = "stepped"\n{extra}\n')
    assert mapping.steps == steps


@pytest.mark.parametrize(
    ("keys", "line", "why"),
    [
        ('target = "/ld/gain"\ncurve = "stepped"', 6, "needs steps, 2 to 128"),
        ('target = "/ld/seed/a"\ncurve = "stepped"', 6, "needs steps, 2 to 128"),
        ('target = "/ld/gain"\nsteps = 3', 6, 'for curve = "stepped"'),
        ('target = "/ld/gain"\nencoding = "binary-offset"', 6, 'for takeover = "relative"'),
        ('target = "/ld/gain"\ntakeover = "relative"\nencoding = "ofset"', 7, "must be"),
        ('target = "/ld/gain"\nvelocity = true', 6, "velocity is for notes"),
        ('target = "/ld/gain"\nbank = 17', 6, "from 1 to 16"),
        ('target = "/ld/gain"\nlights = [0, 128]', 6, "from 0 to 127"),
        ('target = "/ld/gain"\nvalue = 1\nvalues = [2]', 6, "either value or values"),
        ('target = "/ld/gain"\nvalues = [9]', 6, "not in -60 to 6 dB"),
        ('target = "/ld/gain"\nvalues = []', 6, "must not be empty"),
        ('target = "/ld/gain"\nvalue = 1\nrange = [0, 1]', 7, "range is for numbers"),
        ('target = "/ld/quantise"\nvalue = "bat"', 6, 'Did you mean "beat"'),
        ('target = "/ld/quantise"\nvalues = "bar"', 6, "must be a list"),
        ('target = "/ld/negative"', 5, "takes text: say which"),
        ('target = "/ld/scene"', 5, "takes text: say which"),
        ('target = "/ld/play"\nrange = [0, 1]', 3, "only fires"),
        ('target = "/ld/xy"', 5, "not one value"),
        ('target = "/ld/subscribe"', 5, "not one value"),
        ('target = "/ld/out/beat"', 5, "read-out"),
        ('target = "/ld/gain"\ncurve = "cubic"', 6, '"inverted" or "stepped"'),
    ],
)
def test_what_is_wrong_is_said_with_its_line(keys, line, why):
    with pytest.raises(FileProblems) as refusal:
        parse_patch(f'{HEAD}control = "cc 1"\n{keys}\n', None)
    problems = refusal.value.problems
    assert [(p.line, why in p.sentence) for p in problems] == [(line, True)], problems


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [("", "", True), ("bank = 1", "bank = 2", False), ("bank = 1", "", True),
     ('device = "a"', 'device = "b"', False)],
)  # fmt: skip
def test_one_control_moves_a_target_once(one, other, collide):
    table = '[[midi]]\ncontrol = "cc 1"\ntarget = "/ld/gain"\n'
    text = f'[[prompt]]\ntext = "a"\n{table}{one}\n{table}{other}\n'
    if not collide:
        assert len(parse_patch(text).mappings) == 2
        return
    with pytest.raises(FileProblems, match="cc 1 moves /ld/gain already"):
        parse_patch(text)
