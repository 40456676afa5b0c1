"""The process that owns the audio device."""
