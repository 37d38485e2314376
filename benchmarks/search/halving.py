"""Successive halving: many short trainings, the better part of them longer, until one is left.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .family import Shape


@dataclass(frozen=True)
class Result:
    """One training.

    Attributes:
        name: Of the shape.
        rung: Which, from 0.
        steps: That it had on this rung.
        quality: Higher is better.
    """

    name: str
    rung: int
    steps: int
    quality: float


def halve(
    shapes: Sequence[Shape],
    steps: int,
    keep: int,
    log: Path,
    trained: Callable[[Shape, int, int], float],
    tell: Callable[[Result], None],
    always: Shape | None = None,
) -> list[Result]:
    """Run the rungs; a training that is in the log is not run again.

    Args:
        shapes: On the first rung.
        steps: Of the first rung; each next one has `keep` times as many.
        keep: One in so many stays.
        log: JSON lines of what is done.
        trained: (shape, rung, steps) to its quality.
        tell: Called with every result.
        always: Goes on to every rung, in nobody's place: what the others are held against. Halving drops what learns
            slowly at first, and deep networks do.

    Returns:
        All results, in order; of the last rung's the first is of the shape that is left.

    Raises:
        ValueError: `keep` is below 2.
    """
    if keep < 2:
        raise ValueError(f"one in {keep} stays: at least one in two must go")
    log.parent.mkdir(parents=True, exist_ok=True)
    done = {(each.name, each.rung, each.steps): each for each in _read(log)}
    results: list[Result] = []
    left, rung = list(shapes), 0
    while True:
        of_rung = []
        beside = [always] if always is not None and always not in left else []
        for shape in [*left, *beside]:
            result = done.get((shape.name, rung, steps))
            if result is None:
                result = Result(shape.name, rung, steps, trained(shape, rung, steps))
                with log.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(asdict(result)) + "\n")
            tell(result)
            of_rung.append((result, shape))
        results += [result for result, _ in of_rung]
        if len(left) == 1:
            return results
        of_rung.sort(key=lambda each: -each[0].quality)
        left = [shape for _, shape in of_rung[: max(1, len(left) // keep)]]
        rung, steps = rung + 1, steps * keep


def _read(log: Path) -> list[Result]:
    if not log.is_file():
        return []
    *whole, torn = log.read_text(encoding="utf-8").split("\n")
    if torn:
        log.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    return [Result(**json.loads(line)) for line in whole]
