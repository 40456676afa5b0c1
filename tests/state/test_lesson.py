"""A lesson, on an offline clock: touch and move, in either order."""

from livediffusion.state.controls import MidiEvent
from livediffusion.state.lesson import ANY, Lesson


def move(lesson, start, number=21, count=20):
    """Turn a knob; the news that come while time goes on."""
    news = []
    for step in range(count * 3):
        time = start + 0.02 * step
        if step < count:
            lesson.feed(MidiEvent("X", "cc", 1, number, 3 * step, time))
        if (said := lesson.look(time)) is not None:
            news.append(said)
        if news and news[-1].word in ("learned", "heard"):
            break
    return news


def test_a_named_parameter_and_then_a_knob():
    lesson = Lesson("/ld/gain", 0.0)
    assert lesson.opening().sentence == "Now move the control that shall move /ld/gain."
    assert lesson.touch("/ld/drift") is None
    (news,) = move(lesson, 1.0)
    assert news.word == "learned" and news.pair[0] == "/ld/gain"
    assert str(news.pair[1].control) == "cc 21 ch 1"


def test_touch_then_move():
    lesson = Lesson(ANY, 0.0)
    assert lesson.opening().word == "waiting"
    assert lesson.touch("/ld/gain").word == "heard" and lesson.touch("/ld/gain") is None
    assert "/ld/drift" in lesson.touch("/ld/drift").sentence
    (news,) = move(lesson, 1.0)
    assert news.word == "learned" and news.pair[0] == "/ld/drift"


def test_move_then_touch():
    lesson = Lesson(ANY, 0.0)
    (news,) = move(lesson, 1.0)
    assert news.word == "heard" and "cc 21 ch 1 of X" in news.sentence and not lesson.listens
    lesson.feed(MidiEvent("X", "cc", 1, 22, 127, 3.0))
    assert lesson.look(4.0) is None
    news = lesson.touch("/ld/gain")
    assert (news.word, news.pair[0], str(news.pair[1].control)) == (
        "learned", "/ld/gain", "cc 21 ch 1"
    )  # fmt: skip


def test_what_is_unclear_is_said_once():
    lesson, news = Lesson("/ld/gain", 0.0), []
    for step in range(100):
        time = 0.02 * step
        for number in (21, 22):
            lesson.feed(MidiEvent("X", "cc", 1, number, step, time))
        news += [said] if (said := lesson.look(time)) else []
    assert [said.word for said in news] == ["waiting"]


def test_a_lesson_in_which_nothing_comes_ends():
    lesson = Lesson("/ld/gain", 10.0)
    assert lesson.look(69.9) is None and lesson.look(70.1).word == "ended"
