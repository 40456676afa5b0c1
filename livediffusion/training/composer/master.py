"""From the players' buses to a finished loop: balance, room, echo, colour, loudness."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livediffusion.training.composer import mix, stereo
from livediffusion.training.composer.perform import LENGTH, STEP, Bus, Session
from livediffusion.training.composer.samples import sample
from livediffusion.training.composer.synth import Audio
from livediffusion.training.composer.theory import STEPS

DRUMS_RMS, BASS_RMS, MUSIC_RMS, TOTAL_RMS = 0.16, 0.11, 0.11, 0.125
LOUDNESS = -16.0  # LUFS of every loop, whatever its genre and style
CALMER = 0.4  # dB by which a calm loop is softer, an energetic one louder
KNEE, CEILING = 0.7, 0.97  # where the limiter begins to bend, and what it never passes
DARK_HZ = 1500.0  # low-pass of dark loops
TILT = {-1: -0.3, 0: 0.0, 1: 0.45}  # octaves per octave, by brightness
DRUM_GAIN, DRIVE = (0.7, 1.0, 1.2), (0.75, 1.0, 1.5)  # calm, plain, energetic
ECHO_STEPS = 3


def _image(bus: Bus, gain: Audio | None) -> mix.Stereo:
    """A bus as spectra of left and right, ducked by a gain if there is one."""
    takes = [bus.audio] if bus.second is None else [bus.audio, bus.second]
    spectra = [mix.spectrum(take if gain is None else take * gain) for take in takes]
    width = bus.width
    if len(spectra) == 2:
        pair = np.stack(stereo.two_takes(spectra[0], spectra[1], width))
        width *= 0.4  # two takes are wide by themselves
    else:
        pair = np.stack([spectra[0], spectra[0]])
    if width or bus.pan:
        pair *= np.stack(stereo.gains(LENGTH, width, bus.pan, bus.seed))
    return mix.level(pair, bus.target) if bus.target else pair


def _sum(buses: list[Bus], gain: Audio | None = None) -> mix.Stereo:
    total = np.zeros((2, LENGTH // 2 + 1), np.complex64)
    for bus in buses:
        total += _image(bus, gain)
    return total


def _room(session: Session) -> tuple[float, float]:
    """Amount and seconds of reverberation in this style."""
    amount, seconds = session.genre.reverb
    if session.style.space < 0:
        return 0.0, seconds
    if session.style.space > 0:
        return max(0.9, 1.5 * amount), max(3.0, 1.3 * seconds)
    return amount, seconds


@lru_cache(maxsize=1)
def _hiss() -> mix.Stereo:
    noise = np.resize(sample("vinyl_hiss"), LENGTH)
    return np.stack([mix.spectrum(noise), mix.spectrum(np.roll(noise, LENGTH // 3))])


def blend(session: Session, drums: list[Bus], bass: list[Bus], music: list[Bus]) -> mix.Stereo:
    """Balance, duck and reverberate: the spectra of a loop before the master's colour."""
    genre, style = session.genre, session.style
    ducked = mix.duck(LENGTH, session.kicks, genre.sidechain) if genre.sidechain else None
    amount, seconds = _room(session)
    drum_gain = genre.drums * DRUM_GAIN[style.energy + 1]
    total = mix.level(_sum(drums), DRUMS_RMS * drum_gain)
    wet = 0.55 if style.space > 0 else 0.3
    total = mix.reverb(total, wet * amount, seconds if style.space > 0 else min(seconds, 1.2))
    for bus in bass:
        bus.target *= BASS_RMS
    low = _sum(bass, ducked)
    if style.space > 0:
        low = mix.reverb(low, 0.3 * amount, seconds)
    if style.energy > 0 and session.synthetic():
        ducked = mix.pulse(LENGTH, STEPS)
    melody = mix.level(_sum(music, ducked), MUSIC_RMS)
    if style.space >= 0:
        share = genre.delay * (1.0 + 0.5 * style.space)
        melody = mix.echo(melody, min(0.8, share), round(ECHO_STEPS * STEP))
    total += low + mix.reverb(melody, amount, seconds)
    return total + np.float32(genre.hiss) * _hiss() if genre.hiss else total


def _limit(audio: Audio) -> Audio:
    """Bend what passes the knee towards the ceiling, sample by sample."""
    size = np.abs(audio)
    if size.max() <= KNEE:
        return audio
    room = CEILING - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    return np.asarray(np.where(size > KNEE, np.sign(audio) * bent, audio), dtype=np.float32)


def _spectra(audio: Audio) -> mix.Stereo:
    return np.stack([mix.spectrum(channel) for channel in audio])


def finish(session: Session, total: mix.Stereo) -> Audio:
    """Drive, colour and level: audio (2, LENGTH) of the one loudness, without clipping or DC."""
    genre, style = session.genre, session.style
    driven = mix.sound(mix.level(total, TOTAL_RMS), LENGTH)
    driven = np.tanh(driven * np.float32(genre.drive * DRIVE[style.energy + 1]))
    low_pass = genre.low_pass
    if style.brightness > 0:
        low_pass *= 2.0
    elif style.brightness < 0:
        low_pass = min(low_pass or DARK_HZ, DARK_HZ)
    colour = mix.tone(LENGTH, low_pass, genre.high_pass, TILT[style.brightness])
    spectra = _spectra(driven) * colour
    audio, target = mix.sound(spectra, LENGTH), LOUDNESS + CALMER * style.energy
    for _ in range(2):  # the limiter takes a little off
        audio = audio * np.float32(10.0 ** ((target - mix.loudness(spectra)) / 20.0))
        if np.abs(audio).max() <= KNEE:
            break
        audio = _limit(audio)
        spectra = _spectra(audio)
    audio = audio - audio.mean(axis=1, keepdims=True)
    return np.asarray(audio, dtype=np.float32)
