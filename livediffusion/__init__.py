"""livediffusion: beat-exact loops from a warm diffusion model, played by OSC and MIDI."""

__version__ = "0.1.0"
