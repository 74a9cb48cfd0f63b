"""The guard: secrets are kept out of what is written, and text that gives orders to a model is told by its words."""

from erstwhile.guard.cues import cues_of
from erstwhile.guard.parts import without_secrets, words_of
from erstwhile.guard.secrets import Masked, OnSecret, Secret, find_secrets, masked_value

__all__ = ["Masked", "OnSecret", "Secret", "cues_of", "find_secrets", "masked_value", "without_secrets", "words_of"]
