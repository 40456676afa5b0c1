"""Measure a model folder against real loops that it never saw."""

import os

# Before torch is imported: idle threads must sleep, not spin, beside whatever else runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from livediffusion.training.evaluation.bench import FULL, NORMAL, QUICK, Size
from livediffusion.training.evaluation.figures import Report
from livediffusion.training.evaluation.run import evaluate

__all__ = ["FULL", "NORMAL", "QUICK", "Report", "Size", "evaluate"]
