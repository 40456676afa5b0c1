"""Teach the model a style of one's own: from a folder of loops to a model folder."""
