"""Judges: how do two memories relate?"""

from erstwhile.judge.protocol import Judge, Pair

__all__ = ["Judge", "Pair"]
