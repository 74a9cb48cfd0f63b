"""all-MiniLM-L6-v2 in 8 bits, for erstwhile. Data only: find the files with ``importlib.resources.files("erstwhile_model_minilm")``."""
