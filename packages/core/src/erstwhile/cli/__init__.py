"""The command line: `erstwhile`."""

from erstwhile.cli.app import app, main

__all__ = ["app", "main"]
