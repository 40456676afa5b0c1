"""livediffusion from Python: pip install python-osc, then python livediffusion_osc.py

Made by scripts/make-clients from the parameter table; edit that instead.
"""

import sys
import time

from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

# address: (types: f float, i int, s string, b bool; lowest, highest, what it does)
TABLE = {
    "/ld/prompt/{n}/text":   ("s", None, None, "what prompt n says"),
    "/ld/prompt/{n}/weight": ("f", 0, 1, "how much of prompt n is in the blend (0 to 1)"),
    "/ld/prompt/{n}/remove": ("", None, None, "take prompt n out; those after it move up"),
    "/ld/blend":             ("f*", 0, 1, "all weights at once; missing ones are 0 (0 to 1)"),
    "/ld/xy":                ("ff", 0, 1, "a pad over the prompts' positions; sets the weights (0 to 1)"),
    "/ld/seed/a":            ("i", 0, 2147483647, "the seed at morph 0 (0 to 2147483647)"),
    "/ld/seed/b":            ("i", 0, 2147483647, "the seed at morph 1 (0 to 2147483647)"),
    "/ld/seed/morph":        ("f", 0, 1, "from seed a to seed b (0 to 1)"),
    "/ld/seed/image":        ("s", None, None, "play over a seed image: its name, no path; empty for none"),
    "/ld/drift":             ("f", 0, 1, "added to the morph each loop; past 1 it walks on to the next seed (0 to 1 a loop)"),
    "/ld/negative":          ("s", None, None, "what to stay away from"),
    "/ld/guidance":          ("f", 0, 20, "how strictly the prompts are followed; the model's own unless set (0 to 20)"),
    "/ld/strength":          ("f", 0, 1, "how far from the seed image; without one it does nothing (0 to 1)"),
    "/ld/steps":             ("i", 1, 100, "denoising steps; the model's own unless set (1 to 100)"),
    "/ld/lora/1/weight":     ("f", 0, 1, "how much of the patch's LoRA 1; without one it does nothing (0 to 1)"),
    "/ld/lora/2/weight":     ("f", 0, 1, "how much of the patch's LoRA 2; without one it does nothing (0 to 1)"),
    "/ld/lora/3/weight":     ("f", 0, 1, "how much of the patch's LoRA 3; without one it does nothing (0 to 1)"),
    "/ld/lora/4/weight":     ("f", 0, 1, "how much of the patch's LoRA 4; without one it does nothing (0 to 1)"),
    "/ld/glide":             ("f", 0, 64, "how long a change takes (0 to 64 beats)"),
    "/ld/fade":              ("f", 1, 2000, "how long one loop fades into the next (1 to 2000 ms)"),
    "/ld/lean":              ("f", 0, 1, "how far the sound leans to loops that are ready while a new blend is rendered; 0 waits for the blend itself (0 to 1)"),
    "/ld/quantise":          ("s", None, None, "where a change may be heard (off, beat, bar or loop)"),
    "/ld/tempo":             ("f", 20, 300, "the loop is bent to it at once, and the exact one follows; while a clock leads, its own counts (20 to 300 bpm)"),
    "/ld/tap":               ("", None, None, "tap the tempo, from the third tap on; two seconds without one begin anew"),
    "/ld/nudge":             ("f", -16, 16, "move the song by so many beats, against a clock that leads too (-16 to 16 beats)"),
    "/ld/clock/source":      ("s", None, None, "who leads the time (internal, midi or link)"),
    "/ld/clock/offset":      ("f", -1000, 1000, "how much later than the clock that leads the song is heard (-1000 to 1000 ms)"),
    "/ld/patch":             ("s", None, None, "load a patch: its name in the patches folder, no paths"),
    "/ld/model":             ("s", None, None, "play on with another model: a name from [models] in the config, no paths"),
    "/ld/scene":             ("s[f]", 0, 256, "launch a scene, by name or by number from 1, at the next place that the quantise allows; the float is how long it takes, else its own glide, else /ld/glide (0 to 256 beats)"),
    "/ld/scene/next":        ("", None, None, "launch the next scene, round and round"),
    "/ld/scene/save":        ("s", None, None, "save the present state in the patch file, as a scene of this name"),
    "/ld/hold":              ("b", None, None, "swaps wait; the newest is taken on release"),
    "/ld/mute":              ("b", None, None, "silence; time runs on"),
    "/ld/gain":              ("f", -60, 6, "volume (-60 to 6 dB)"),
    "/ld/filter":            ("f", -1, 1, "low-pass below 0, high-pass above (-1 to 1)"),
    "/ld/bank":              ("i", 1, 16, "which bank of MIDI mappings is live (1 to 16)"),
    "/ld/record":            ("b", None, None, "record the performance: sound, and all that is needed to play it again"),
    "/ld/mark":              ("[s]", None, None, "put a marker into the recording"),
    "/ld/play":              ("", None, None, "start; after panic, at the next bar"),
    "/ld/stop":              ("", None, None, "fade out, back to beat 0"),
    "/ld/panic":             ("", None, None, "silence in 50 ms; time runs on"),
    "/ld/undo":              ("", None, None, "back to the values before the last gesture, scene or patch; 32 deep"),
    "/ld/state":             ("", None, None, "the sender gets every value"),
    "/ld/subscribe":         ("[i][s]", 1, 65535, "feedback on change to this port of the sender, or of a host that is allowed; without a port, back the way it came; 16 at most (1 to 65535)"),
    "/ld/unsubscribe":       ("[i][s]", 1, 65535, "no more feedback there (1 to 65535)"),
    "/ld/learn":             ("s", None, None, "the next control that moves is mapped to this address; * for the next address that is touched, empty to stop"),
    "/ld/unlearn":           ("s", None, None, "no control moves this address any more"),
    "/ld/audio/device":      ("s", None, None, "go over to another output: a device's name, part of it or its number, null for nowhere, empty for the system's default; no files"),
    "/ld/out/beat":          ("f", None, None, "song beat that sounds (beats)"),
    "/ld/out/bar":           ("i", None, None, "bar that sounds, from 1 (bars)"),
    "/ld/out/tempo":         ("f", None, None, "tempo that sounds (bpm)"),
    "/ld/out/clock":         ("s", None, None, "who leads the time, and how that goes: midi: locked"),
    "/ld/out/eta":           ("f", None, None, "when the newest change will be heard (beats)"),
    "/ld/out/lead":          ("f", None, None, "how far ahead loops are ready (beats)"),
    "/ld/out/render_ms":     ("f", None, None, "how long the last render took (ms)"),
    "/ld/out/level":         ("f", None, None, "peak level (dBFS)"),
    "/ld/out/late":          ("i", None, None, "loops that were not ready in time"),
    "/ld/out/underruns":     ("i", None, None, "times that the audio device went hungry"),
    "/ld/out/output":        ("s", None, None, "where the sound goes"),
    "/ld/out/restarts":      ("i", None, None, "times that a process of the program was started again"),
    "/ld/out/refused":       ("i", None, None, "messages that were refused"),
    "/ld/out/recording":     ("i", None, None, "how much is recorded; 0 while nothing is (s)"),
    "/ld/out/learn":         ("ss", None, None, "how learning goes: a word and a sentence"),
    "/ld/out/drops":         ("i", None, None, "OSC packets lost because they came faster than they could be read"),
    "/ld/out/error":         ("s", None, None, "what was refused, and what to do"),
}


class LiveDiffusion:
    """What is sent goes out at once, or by a bundle at its time; `heard` is the feedback."""

    def __init__(self, host="127.0.0.1", port=7770):
        self.heard = {}
        self._client = SimpleUDPClient(host, port)
        self.send("/ld/subscribe")  # without a port: feedback comes back to this socket

    def send(self, address, *values):
        """send("/ld/gain", -6.0)"""
        self._client.send_message(address, values)

    def send_at(self, unix_time, *messages):
        """send_at(time.time() + 0.5, ("/ld/mute", 1), ("/ld/filter", -0.5)): all in one moment."""
        bundle = OscBundleBuilder(unix_time)
        for address, *values in messages:
            message = OscMessageBuilder(address)
            for value in values:
                message.add_arg(value)
            bundle.add_content(message.build())
        self._client.send(bundle.build())

    def listen(self, seconds):
        """Take the feedback for so long; each message as (address, values)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for message in self._client.get_messages(timeout=left):
                self.heard[message.address] = tuple(message.params)
                yield message.address, tuple(message.params)
                if time.monotonic() >= end:
                    return

    def close(self):
        """Make room for others: there can be 16 subscribers."""
        self.send("/ld/unsubscribe")


if __name__ == "__main__":
    host, port = (sys.argv[1:] + ["127.0.0.1", "7770"][len(sys.argv) - 1 :])[:2]
    ld = LiveDiffusion(host, int(port))
    ld.send("/ld/filter", -0.3)  # a little darker
    ld.send_at(time.time() + 2.0, ("/ld/filter", 0.0))  # and in two seconds as before
    try:
        for address, values in ld.listen(5.0):
            print(address, *values)
    finally:
        ld.close()
