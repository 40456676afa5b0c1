"""Run in a network of its own: a Link peer that nobody here wrote, or our own clock.

python link_peer.py peer TEMPO      LinkPython-extern
python link_peer.py clock [start]   LinkClock; with "start" it starts and stops with the others

Both answer the lines that they read with one line each: "where" with time.monotonic(), the beat
then, the tempo and the number of peers; or "nobody", the status and the time.
"""

import sys
import time

from livediffusion.control.link import LinkClock
from livediffusion.ipc.arena import Transport


def peer(tempo):
    """tempo N, play, stop, playing, osc PORT ADDRESS VALUE..."""
    import link
    from pythonosc.udp_client import SimpleUDPClient

    session = link.Link(float(tempo))
    session.startStopSyncEnabled = True
    session.enabled = True

    def where():
        before = time.monotonic()
        micros = session.clock().micros()
        now = (before + time.monotonic()) / 2
        state = session.captureSessionState()
        return now, state.beatAtTime(micros, 4), state.tempo(), session.numPeers()

    def change(what, *values):
        state = session.captureSessionState()
        getattr(state, what)(*values, session.clock().micros())
        session.commitSessionState(state)
        return ("done",)

    def osc(port, address, *values):
        client = SimpleUDPClient("127.0.0.1", int(port))
        client.send_message(address, [float(value) for value in values])
        return ("done",)

    return {
        "where": where,
        "tempo": lambda value: change("setTempo", float(value)),
        "play": lambda: change("setIsPlaying", True),
        "stop": lambda: change("setIsPlaying", False),
        "playing": lambda: (session.captureSessionState().isPlaying(),),
        "osc": osc,
    }


def clock(start=""):
    """song BEAT TEMPO, share 1, share 0, motions"""
    page = [Transport()]
    ours = LinkClock(lambda: page[0], print, bool(start))

    def where():
        now = time.monotonic()
        lead = ours.lead(now)
        status = ours.status.replace(" ", "_")
        if lead is None:
            return "nobody", status, now
        return now, lead.beat_at(now), lead.tempo, status, ours.tempo(now)

    def song(beat, tempo):
        now = time.monotonic()
        a_second = float(tempo) / 60.0
        page[0] = Transport(
            monotonic_ns=round(now * 1e9), beat=float(beat), beats_per_second=a_second
        )
        return (now,)

    def motions():
        told = ours.motions()
        return [word for motion in told for word in (motion.action, motion.time)] or ["none"]

    return {
        "where": where,
        "song": song,
        "motions": motions,
        "share": lambda playing: (ours.share(playing == "1"), "done")[1:],
    }


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    answers = {"peer": peer, "clock": clock}[role](*rest)
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        print(*answers[name](*arguments), flush=True)
