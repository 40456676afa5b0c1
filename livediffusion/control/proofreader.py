"""Prompts are read once more: what the model never learned is told to the performer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from livediffusion.control.endpoint import endpoint_of
from livediffusion.control.osc_feedback import Feedback
from livediffusion.state.vocabulary import Vocabulary, of_model, remark
from livediffusion.types import Seconds

_MOST_TOLD = 1024  # prompts remembered; nobody can make the memory grow without end

_log = logging.getLogger(__name__)


class Proofreader:
    """Says of every prompt once what is unknown in it; nothing where the model has no vocabulary.

    Threading: the control process's main thread only. A model's words are read from its folder
    when it is first asked for.
    """

    def __init__(
        self, feedback: Feedback, models: Mapping[str, str], taught: Iterable[str] = ()
    ) -> None:
        """`models` maps names to folders, `taught` are words of embeddings, as in the config."""
        self._feedback = feedback
        self._models = models
        self._taught = tuple(taught)
        self._model: str | None = None
        self._vocabulary: Vocabulary | None = None
        self._told: set[str] = set()

    def open(self, model: str) -> None:
        """Read a model's words, so that the first prompt need not wait for them."""
        if model != self._model:
            self._model, self._vocabulary = model, of_model(model, self._models)
            self._told.clear()

    def read(self, model: str, prompts: Iterable[str], source: str, now: Seconds) -> None:
        """Tell who wrote the prompts, or everybody where it was no sender; and the log."""
        self.open(model)
        fresh = [prompt for prompt in prompts if prompt not in self._told]
        sentence = remark(self._vocabulary, fresh, self._taught)
        if len(self._told) < _MOST_TOLD:
            self._told.update(fresh)
        if not sentence:
            return
        if endpoint_of(source) is not None:
            self._feedback.error(source, sentence, now)
            return
        _log.warning("%s", sentence)
        self._feedback.announce(sentence)
