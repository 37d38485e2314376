"""What goes wrong with a benchmark."""

from __future__ import annotations


class BenchError(RuntimeError):
    """A measurement that cannot be made, read or compared; the message says why and what to do."""
