"""Phantom photographs whose truth is known exactly: good ones, every fault, local faults, pictures without a retina."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom import CAMERAS, Phantom, degrade, degrade_locally, not_fundus, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FIRST_SEED = 7_000
"""Of eyes that training never grows: it takes seeds up from 100,000."""
SIZE = 512
STRENGTHS = (0.3, 0.5, 0.7, 1.0)
FAULTS = tuple(code for code in CauseCode if code not in (CauseCode.UNKNOWN, CauseCode.NOT_FUNDUS))


@dataclass(frozen=True, eq=False)
class Case:
    """One picture and its truth.

    Attributes:
        name: What was done to which eye before which camera.
        rgb: 512 x 512 x 3 uint8.
        field: 512 x 512 bool, inside the camera's mask.
        hidden: 512 x 512 bool, where anatomy cannot be seen.
        code: The fault; None for none.
        retina: Whether there is a retina in the picture.
    """

    name: str
    rgb: NDArray[np.uint8]
    field: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    code: CauseCode | None
    retina: bool

    @property
    def hidden_share(self) -> float:
        """Share of the field that is hidden, 0..1; 1 without a retina."""
        return float((self.hidden & self.field).sum() / max(1, int(self.field.sum()))) if self.retina else 1.0


@lru_cache(maxsize=4)
def _eye(number: int) -> Phantom:
    names = sorted(CAMERAS)
    return render(FIRST_SEED + number, SIZE, names[number % len(names)])


def cases(eyes: int) -> Iterator[Case]:
    """Every case of so many eyes; the cameras take turns.

    Args:
        eyes: Each is shown as it is, with every fault at four strengths, with two local faults, and beside six pictures
            without a retina.
    """
    for number in range(eyes):
        phantom = _eye(number)
        shown = f"eye {number}, {phantom.camera}"
        nothing = np.zeros_like(phantom.field)
        yield Case(f"good, {shown}", phantom.rgb, phantom.field, nothing, None, retina=True)
        for code in FAULTS:
            for strength in STRENGTHS:
                done = degrade(phantom.rgb, phantom.field, code, strength, number)
                name = f"{code.value} {strength:g}, {shown}"
                yield Case(name, done.rgb, phantom.field, done.hidden, code, retina=True)
        for place in range(2):
            done = degrade_locally(phantom.rgb, phantom.field, 2 * number + place, 0.5 + 0.5 * place)
            kinds = " + ".join(code.value for code in done.codes)
            yield Case(f"local {kinds}, {shown}", done.rgb, phantom.field, done.hidden, None, retina=True)
        for place in range(6):
            seed = FIRST_SEED + 6 * number + place
            everywhere = np.ones((SIZE, SIZE), np.bool_)
            yield Case(
                f"no retina, picture {seed}",
                not_fundus(seed, SIZE),
                everywhere,
                everywhere,
                CauseCode.NOT_FUNDUS,
                retina=False,
            )
