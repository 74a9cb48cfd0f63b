"""The benchmarks are a package of the checkout, not of a distribution: the tests import them from there."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
