"""The measures of sound and of pictures react to made signals as their names say."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from livediffusion.training import measures
from livediffusion.training.composer import BEATS
from livediffusion.training.evaluation import attributes, sound

RATE, SAMPLES = sound.RATE, 4 * sound.RATE
BEAT = SAMPLES // BEATS
TIME = torch.arange(SAMPLES) / RATE


def loop(channel: Tensor) -> Tensor:
    """A loop (1, 2, samples) that is the same on both sides."""
    return channel.float().expand(2, -1)[None]


def sine(hz: float) -> Tensor:
    """A tone with a whole number of periods in a loop."""
    return torch.sin(2.0 * math.pi * round(hz * 4.0) / 4.0 * TIME)


def noise(seed: int = 0) -> Tensor:
    return torch.randn(SAMPLES, generator=torch.Generator().manual_seed(seed))


def hits(places: list[float], fall_s: float = 0.01, source: Tensor | None = None) -> Tensor:
    """Bursts of noise at beats, dying away by half in so many seconds."""
    found = torch.zeros(SAMPLES)
    for beat in places:
        since = (TIME - beat * BEAT / RATE) % (SAMPLES / RATE)
        found += (noise() if source is None else source) * torch.exp2(-since / fall_s)
    return found


def chords(roots: tuple[int, ...], third: int) -> Tensor:
    """Triads on MIDI notes, two beats each, with the root an octave below."""
    found = torch.zeros(SAMPLES)
    for index, root in enumerate(roots):
        inside = (TIME * RATE // (SAMPLES // len(roots))) == index
        notes = (root - 12, root, root + third, root + 7)
        found += inside * sum(sine(440.0 * 2.0 ** ((n - 69) / 12.0)) for n in notes)
    return found


EVERY_BEAT = [float(beat) for beat in range(BEATS)]
SIXTEENTHS = [beat / 4.0 for beat in range(4 * BEATS)]


def test_amplitudes_are_those_of_sines() -> None:
    assert float(sound.spectra(loop(0.5 * sine(1000.0))).max()) == pytest.approx(
        0.5 * math.sqrt(2.0), rel=0.02
    )


def test_every_attack_is_counted_once() -> None:
    assert float(sound.attacks(loop(hits(EVERY_BEAT)))) == 1.0
    assert float(sound.attacks(loop(hits(SIXTEENTHS)))) == 4.0
    assert float(sound.attacks(loop(sine(440.0)))) == 0.0


def test_more_and_stronger_attacks_are_more_activity() -> None:
    bed = 0.1 * sine(440.0)
    few, many = (sound.activity(loop(bed + hits(where))) for where in (EVERY_BEAT, SIXTEENTHS))
    soft = sound.activity(loop(bed + 0.02 * hits(SIXTEENTHS)))
    assert float(many) > 2.0 * float(few) > 0.0
    assert float(soft) < 0.5 * float(many)


def test_onset_density_is_their_number_times_their_strength() -> None:
    audio = loop(0.1 * sine(440.0) + hits(EVERY_BEAT))
    assert float(sound.onset_density(audio)) == pytest.approx(1.25 * float(sound.activity(audio)))
    assert float(sound.onset_density(loop(sine(440.0)))) < 0.01


def test_four_on_the_floor_is_regular_and_a_broken_beat_is_not() -> None:
    kick = sine(60.0)
    regular = sound.kick_regularity(loop(hits(EVERY_BEAT, 0.05, kick)))
    broken = sound.kick_regularity(loop(hits([0.0, 2.5, 4.0, 5.75, 6.5], 0.05, kick)))
    assert float(regular) > 0.95
    assert float(broken) < 0.5


def test_a_sine_s_centroid_is_its_pitch() -> None:
    found = sound.centroid(loop(sine(1000.0)))
    assert float(found) == pytest.approx(math.log2(50.0), abs=0.02)


def test_shares_of_low_and_high() -> None:
    both = loop(sine(60.0) + sine(8000.0))
    assert float(sound.low_share(both)) == pytest.approx(0.5, abs=0.03)
    assert float(sound.high_share(both)) == pytest.approx(0.5, abs=0.03)
    assert float(sound.low_share(loop(sine(1000.0)))) < 0.01


def test_hits_are_percussive_and_tones_are_not() -> None:
    assert float(sound.percussive_share(loop(hits(EVERY_BEAT)))) > 0.8
    assert float(sound.percussive_share(loop(sine(440.0) + sine(660.0)))) < 0.1


def test_pitch_classes_are_found() -> None:
    heard = sound.chroma(loop(sine(440.0) + sine(261.63))).sum((0, 2))
    assert set(heard.topk(2).indices.tolist()) == {sound.A, sound.C}


def test_c_major_leans_to_major_and_a_minor_does_not() -> None:
    major = sound.major_lean(loop(chords((60, 65, 67, 60), 4)))
    minor = sound.major_lean(loop(chords((57, 62, 64, 57), 3)))
    assert float(major) > 0.2
    assert float(minor) < -0.2


def test_tails_are_as_long_as_they_are() -> None:
    gated, long = (sound.tail(loop(hits([0.0, 4.0], fall))) for fall in (0.02, 0.4))
    assert float(gated) < -50.0
    # Half in 0.4 s: 27 dB down after 1.8 s of 2, and the mean is 8.4 dB down.
    assert float(long) == pytest.approx(-18.7, abs=3.0)


def test_width() -> None:
    left, right = noise(1), noise(2)
    pairs = torch.stack(
        [torch.stack(pair) for pair in ((left, left), (left, -left), (left, right))]
    )
    found = sound.width(pairs)
    assert found.tolist() == pytest.approx([0.0, 1.0, 0.5], abs=0.02)


@pytest.mark.parametrize("name", [n for n in sound.ALL if n != "loudness, LUFS"])
def test_neither_level_nor_the_place_of_the_seam_matters(name: str) -> None:
    audio = loop(0.1 * hits(EVERY_BEAT) + 0.05 * chords((57, 60), 3))
    there = sound.ALL[name](audio)
    assert float(sound.ALL[name](8.0 * audio)) == pytest.approx(float(there), rel=1e-3, abs=1e-4)
    if name != "major over minor":  # which hears where a loop begins
        moved = sound.ALL[name](audio.roll(2 * BEAT, 2))
        assert float(moved) == pytest.approx(float(there), rel=1e-2, abs=1e-3)


def test_measure_takes_many_loops_at_once() -> None:
    audio = torch.cat([loop(0.1 * sine(hz)) for hz in range(300, 2000, 100)])
    found = sound.measure(audio, ("centroid, octaves", "loudness, LUFS"))
    assert list(found) == ["centroid, octaves", "loudness, LUFS"]
    assert (found["centroid, octaves"].diff() > 0).all()
    assert found["loudness, LUFS"].shape == (17,)


def lines(columns: list[int]) -> Tensor:
    """A picture (1, 2, 256, 512) with attacks at columns."""
    picture = torch.full((1, 2, 256, 512), 0.1)
    for column in columns:
        for width in range(4):
            picture[..., (column + width) % 512] = 0.9 - 0.2 * width
    return picture


def test_grid_strength_tells_on_from_off_the_grid() -> None:
    on = lines(list(range(0, 512, 32)))
    assert float(measures.grid_strength(on)) > 0.9
    assert float(measures.grid_strength(on.roll(16, 3))) > 0.9
    assert float(measures.grid_strength(on.roll(8, 3))) < -0.9
    assert float(measures.grid_strength(torch.full((1, 2, 256, 512), 0.3))) == 0.0


def test_equal_grooves_are_alike_and_others_are_not() -> None:
    one, other = lines([0, 128, 256, 384]), lines([64, 144, 208, 320])
    first, second = measures.groove(one), measures.groove(other)
    assert float(measures.likeness(first, 3.0 * first)) == pytest.approx(1.0)
    assert float(measures.likeness(first, second)) < 0.2


def test_channels_are_heard_as_one() -> None:
    picture = torch.rand(2, 256, 512, generator=torch.Generator().manual_seed(0))
    both = picture[:, None].expand(-1, 2, -1, -1)
    for measure in (measures.flux, measures.onsets, measures.centroid, measures.beat_pulse):
        assert torch.allclose(measure(picture), measure(both))


def test_every_axis_goes_the_right_way_on_signals_made_for_it() -> None:
    bed = 0.1 * chords((57, 60), 3)
    ends = {
        "brightness": (sine(200.0), sine(4000.0)),
        "energy": (bed + hits(EVERY_BEAT), bed + hits(SIXTEENTHS)),
        "density": (bed + hits(EVERY_BEAT), bed + hits(SIXTEENTHS)),
        "space": (hits([0.0, 4.0], 0.1), hits([0.0, 4.0], 0.4)),
        "mode": (chords((57, 62, 64, 57), 3), chords((60, 65, 67, 60), 4)),
        "drums": (bed, bed + hits(EVERY_BEAT)),
        "bass": (hits(EVERY_BEAT), sine(55.0)),
    }
    assert set(ends) == set(attributes.AXES)
    for axis, (low, high) in ends.items():
        assert attributes.right_way(axis, loop(low), loop(high)) == [True], axis
        assert attributes.right_way(axis, loop(high), loop(low)) == [False], axis
