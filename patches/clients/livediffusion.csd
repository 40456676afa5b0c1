<CsoundSynthesizer>
; livediffusion from Csound: csound livediffusion.csd
; Made by scripts/make-clients from the parameter table; edit that instead.
;
; Addresses, what they take, and their range:
;     /ld/prompt/{n}/text      s      what prompt n says
;     /ld/prompt/{n}/weight    f      how much of prompt n is in the blend (0 to 1)
;     /ld/prompt/{n}/remove           take prompt n out; those after it move up
;     /ld/blend                f*     all weights at once; missing ones are 0 (0 to 1)
;     /ld/xy                   ff     a pad over the prompts' positions; sets the weights (0 to 1)
;     /ld/seed/a               i      the seed at morph 0 (0 to 2147483647)
;     /ld/seed/b               i      the seed at morph 1 (0 to 2147483647)
;     /ld/seed/morph           f      from seed a to seed b (0 to 1)
;     /ld/seed/image           s      play over a seed image: its name, no path; empty for none
;     /ld/drift                f      added to the morph each loop; past 1 it walks on to the next seed (0 to 1 a loop)
;     /ld/negative             s      what to stay away from
;     /ld/guidance             f      how strictly the prompts are followed; the model's own unless set (0 to 20)
;     /ld/strength             f      how far from the seed image; without one it does nothing (0 to 1)
;     /ld/steps                i      denoising steps; the model's own unless set (1 to 100)
;     /ld/lora/1/weight        f      how much of the patch's LoRA 1; without one it does nothing (0 to 1)
;     /ld/lora/2/weight        f      how much of the patch's LoRA 2; without one it does nothing (0 to 1)
;     /ld/lora/3/weight        f      how much of the patch's LoRA 3; without one it does nothing (0 to 1)
;     /ld/lora/4/weight        f      how much of the patch's LoRA 4; without one it does nothing (0 to 1)
;     /ld/glide                f      how long a change takes (0 to 64 beats)
;     /ld/fade                 f      how long one loop fades into the next (1 to 2000 ms)
;     /ld/lean                 f      how far the sound leans to loops that are ready while a new blend is rendered; 0 waits for the blend itself (0 to 1)
;     /ld/quantise             s      where a change may be heard (off, beat, bar or loop)
;     /ld/tempo                f      the loop is bent to it at once, and the exact one follows; while a clock leads, its own counts (20 to 300 bpm)
;     /ld/tap                         tap the tempo, from the third tap on; two seconds without one begin anew
;     /ld/nudge                f      move the song by so many beats, against a clock that leads too (-16 to 16 beats)
;     /ld/clock/source         s      who leads the time (internal, midi or link)
;     /ld/clock/offset         f      how much later than the clock that leads the song is heard (-1000 to 1000 ms)
;     /ld/patch                s      load a patch: its name in the patches folder, no paths
;     /ld/model                s      play on with another model: a name from [models] in the config, no paths
;     /ld/scene                s[f]   launch a scene, by name or by number from 1, at the next place that the quantise allows; the float is how long it takes, else its own glide, else /ld/glide (0 to 256 beats)
;     /ld/scene/next                  launch the next scene, round and round
;     /ld/scene/save           s      save the present state in the patch file, as a scene of this name
;     /ld/hold                 b      swaps wait; the newest is taken on release
;     /ld/mute                 b      silence; time runs on
;     /ld/gain                 f      volume (-60 to 6 dB)
;     /ld/filter               f      low-pass below 0, high-pass above (-1 to 1)
;     /ld/bank                 i      which bank of MIDI mappings is live (1 to 16)
;     /ld/record               b      record the performance: sound, and all that is needed to play it again
;     /ld/mark                 [s]    put a marker into the recording
;     /ld/play                        start; after panic, at the next bar
;     /ld/stop                        fade out, back to beat 0
;     /ld/panic                       silence in 50 ms; time runs on
;     /ld/undo                        back to the values before the last gesture, scene or patch; 32 deep
;     /ld/state                       the sender gets every value
;     /ld/subscribe            [i][s] feedback on change to this port of the sender, or of a host that is allowed; without a port, back the way it came; 16 at most (1 to 65535)
;     /ld/unsubscribe          [i][s] no more feedback there (1 to 65535)
;     /ld/learn                s      the next control that moves is mapped to this address; * for the next address that is touched, empty to stop
;     /ld/unlearn              s      no control moves this address any more
;     /ld/audio/device         s      go over to another output: a device's name, part of it or its number, null for nowhere, empty for the system's default; no files
<CsOptions>
-odac -+rtaudio=null -m0 ; no sound of its own, but in time
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 480
nchnls = 2
0dbfs = 1

#define HOST #"127.0.0.1"#
#ifndef PORT
#define PORT #7770#
#end
giHear OSCinit 9004

instr Subscribe
  OSCsend 1, $HOST, $PORT, "/ld/subscribe", "i", 9004
  turnoff
endin

instr Unsubscribe
  OSCsend 1, $HOST, $PORT, "/ld/unsubscribe", "i", 9004
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
  printf "beat %.2f at %.2f bpm\n", kGot * timeinstk(), kBeat, kTempo
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
