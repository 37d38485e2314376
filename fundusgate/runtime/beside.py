"""Work that goes on beside the networks, where there is a second processor for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from fundusgate.runtime.backends.processors import usable_processors

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Begun(Generic[_Result]):
    """Work that was begun, or is still to do where there is nobody else to do it."""

    _work: Callable[[], _Result]
    _future: Future[_Result] | None

    def result(self) -> _Result:
        """What the work gives; waits for it. What the work raises is raised here."""
        return self._work() if self._future is None else self._future.result()


class Beside:
    """Does one piece of work at a time on a thread of its own; with one processor, when the result is asked for.

    Two threads on one processor would only take it from each other.

    Args:
        processors: that this process may use, 1 and up; None asks the system.
    """

    def __init__(self, processors: int | None = None) -> None:
        several = (usable_processors() if processors is None else processors) > 1
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fundusgate-beside") if several else None

    def begin(self, work: Callable[[], _Result]) -> Begun[_Result]:
        """Begin, or put off.

        Args:
            work: is called once, when its result is asked for at the latest.

        Raises:
            RuntimeError: after `close`, where there is a thread.
        """
        return Begun(work, None if self._pool is None else self._pool.submit(work))

    def close(self) -> None:
        """End the thread once what was begun is done; closing twice is harmless."""
        if self._pool is not None:
            self._pool.shutdown()
