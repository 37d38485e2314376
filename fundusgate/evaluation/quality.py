"""Three-level image quality, as EyeQ and FQS grade it."""

from __future__ import annotations

from enum import IntEnum


class Quality(IntEnum):
    """A photograph's grade; the numbers are those of EyeQ's and FQS's own tables."""

    GOOD = 0
    """Every diagnosis can be made."""
    USABLE = 1
    """Some faults, the main structures can be told."""
    REJECT = 2
    """Not to be diagnosed from."""

    @property
    def label(self) -> str:
        """The grade in a word, lower case."""
        return self.name.lower()
