"""Things timed in turns: a round gives each its turn, in another order every time, so that all meet the same noise.

What ran before leaves the caches full of its own weights; so the first call of a turn is not counted. A turn goes on
until it has taken `TURN_MS`, so that what takes microseconds has more than one sample of them.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

TURN_MS = 20.0
MOST_CALLS = 8
"""Of a turn, counted: more tell nothing new and fill the record."""
WARM_UP = 2
"""Rounds that are not counted."""
RESAMPLES = 2000
SEED = 20261129
CONFIDENCE = 0.95

Turns = list[list[float]]
"""Milliseconds: a list a round."""


def in_turns(
    calls: Mapping[str, Callable[[], object]], rounds: int, tell: Callable[[int, int], None] = lambda _done, _of: None
) -> dict[str, Turns]:
    """Time calls.

    Args:
        calls: By name.
        rounds: That are counted, 1 and up.
        tell: Called after each round with how many are done, of how many.

    Returns:
        By name, in the rounds' order.
    """
    order = list(calls)
    shuffle = random.Random(SEED)
    spent: dict[str, Turns] = {name: [] for name in calls}
    for number in range(WARM_UP + rounds):
        shuffle.shuffle(order)
        for name in order:
            spent[name].append(_turn(calls[name]))
        tell(number + 1, WARM_UP + rounds)
    return {name: turns[WARM_UP:] for name, turns in spent.items()}


def _turn(call: Callable[[], object]) -> list[float]:
    call()
    taken: list[float] = []
    while not taken or (sum(taken) < TURN_MS and len(taken) < MOST_CALLS):
        started = time.perf_counter_ns()
        call()
        taken.append((time.perf_counter_ns() - started) / 1e6)
    return taken


def by_round(turns: Turns) -> NDArray[np.float64]:
    """Each round's median."""
    return np.array([np.median(turn) for turn in turns])


def median_interval(rounds: NDArray[np.float64]) -> tuple[float, float, float]:
    """The median over rounds and its 95 % interval, by resampling whole rounds.

    Args:
        rounds: One value a round.

    Returns:
        Median, lower end, upper end.
    """
    rng = np.random.default_rng(SEED)
    medians = np.median(rounds[rng.integers(0, len(rounds), (RESAMPLES, len(rounds)))], axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return float(np.median(rounds)), float(low), float(high)
