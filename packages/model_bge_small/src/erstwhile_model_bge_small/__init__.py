"""bge-small-en-v1.5 in 8 bits, for erstwhile. Data only: find the files with ``importlib.resources.files("erstwhile_model_bge_small")``."""
