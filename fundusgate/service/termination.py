"""SIGTERM as an orderly end: what the service manager sends."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def until_terminated() -> Iterator[threading.Event]:
    """An event that SIGTERM sets; the earlier handler comes back afterwards. Only in the main thread."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, before)
