"""``python -m erstwhile_mcp``."""

import sys

from erstwhile_mcp.program import main

if __name__ == "__main__":
    sys.exit(main())
