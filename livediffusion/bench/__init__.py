"""`livediffusion bench`: what this machine does, measured at the output."""
