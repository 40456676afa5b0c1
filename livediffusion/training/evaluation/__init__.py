"""Measure a model folder against real loops that it never saw."""

from livediffusion.training.evaluation.bench import FULL, NORMAL, QUICK, Size
from livediffusion.training.evaluation.figures import Report
from livediffusion.training.evaluation.run import evaluate

__all__ = ["FULL", "NORMAL", "QUICK", "Report", "Size", "evaluate"]
