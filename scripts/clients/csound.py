"""A Csound snippet: an LFO on a fader, and the feedback printed."""

from __future__ import annotations

from clients.snippet import lines
from clients.surface import HOST, MADE_BY, PORT

FEEDBACK_PORT = 9004
_TEXT = """<CsoundSynthesizer>
; livediffusion from Csound: csound livediffusion.csd
; {made_by}
;
; Addresses, what they take, and their range:
{table}<CsOptions>
-odac -+rtaudio=null -m0 ; no sound of its own, but in time
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 480
nchnls = 2
0dbfs = 1

#define HOST #"{host}"#
#ifndef PORT
#define PORT #{port}#
#end
giHear OSCinit {feedback}

instr Subscribe
  OSCsend 1, $HOST, $PORT, "/ld/subscribe", "i", {feedback}
  turnoff
endin

instr Unsubscribe
  OSCsend 1, $HOST, $PORT, "/ld/unsubscribe", "i", {feedback}
  turnoff
endin

instr Sweep ; the filter goes down and back up, as often as p4 says
  kFilter = -0.5 + 0.5 * lfo:k(1, p4 / p3, 1)
  kWhen init 0
  kWhen += metro(50)
  OSCsend kWhen, $HOST, $PORT, "/ld/filter", "f", kFilter
endin

instr Hear
  kBeat, kTempo init 0
  kGot OSClisten giHear, "/ld/out/tempo", "f", kTempo
  kGot OSClisten giHear, "/ld/out/beat", "f", kBeat
  printf "beat %.2f at %.2f bpm\\n", kGot * timeinstk(), kBeat, kTempo
endin
</CsInstruments>
<CsScore>
i "Hear" 0 6
i "Subscribe" 0.1 0.1
i "Sweep" 1 4 2
i "Unsubscribe" 5.8 0.1
e
</CsScore>
</CsoundSynthesizer>
"""


def make() -> bytes:
    """The snippet."""
    table = "".join(
        f";     {row.address:<24} {row.types:<6} {row.help}\n"
        for row in lines("value", "trigger", "request")
    )
    text = _TEXT.format(made_by=MADE_BY, table=table, host=HOST, port=PORT, feedback=FEEDBACK_PORT)
    return text.encode()
