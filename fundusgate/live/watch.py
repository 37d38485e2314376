"""What nobody reports of itself: networks that hang, and threads that have died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.live.messages import Health, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fundusgate.live.perception import Perception
    from fundusgate.live.worker import Worker


class Watch:
    """Looks after the other threads; used by the gate's thread at every tick.

    Args:
        perception: the networks.
        workers: the threads that must live.
    """

    def __init__(self, perception: Perception, workers: Sequence[Worker]) -> None:
        self._perception = perception
        self._workers = workers
        self._hung = False

    @property
    def died(self) -> bool:
        """Whether a thread has ended by an error."""
        return any(worker.died for worker in self._workers)

    def look(self, now: float) -> Iterable[Health]:
        """What has changed; `now` in seconds on the monotonic clock."""
        hung = self._perception.hung_for(now)
        if hung is not None and not self._hung:
            why = f"The networks have not come back from a picture for {hung:.0f} s: wait; if it stays, start again."
            yield Health(Part.HANG, why)
        elif hung is None and self._hung:
            yield Health(Part.HANG, None)
        self._hung = hung is not None
        for worker in self._workers:
            if worker.died:
                yield Health(Part.PROGRAM, f"The {worker.name} part of the program has failed: start it again.")
