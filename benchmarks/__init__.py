"""What design.md promises in numbers, measured: `python -m benchmarks.run`, then `python -m benchmarks.table`."""
