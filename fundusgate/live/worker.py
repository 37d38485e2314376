"""A thread of the live gate whose death can be seen from outside."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker:
    """Runs one function in a thread of its own.

    An error that nobody foresaw ends the thread (Python prints it); `died` then tells the gate, which closes.

    Args:
        name: of the thread, for logs.
        body: what it does; it returns soon after it was told to stop.
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name = name
        self._body = body
        self._returned = False
        # a daemon: a network that hangs for ever must not keep the program from ending
        self._thread = threading.Thread(target=self._run, name=f"fundusgate-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the end; returns whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def died(self) -> bool:
        """Whether the thread ended by an error."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._returned

    def _run(self) -> None:
        self._body()
        self._returned = True
