"""`livediffusion soundcheck`: is everything ready for the stage?"""
