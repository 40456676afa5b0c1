"""Pure tensor functions between pictures and loops."""
