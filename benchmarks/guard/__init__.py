"""How well the guard tells secrets and injected orders from ordinary text, and what it costs: `python -m benchmarks.guard`."""
