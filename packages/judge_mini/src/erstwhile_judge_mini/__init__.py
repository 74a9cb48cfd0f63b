"""A small classifier of pairs of memories, for erstwhile. Data only: find the files with ``importlib.resources.files("erstwhile_judge_mini")``."""
