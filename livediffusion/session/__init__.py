"""Performances that are written down while they are played, and played again."""
