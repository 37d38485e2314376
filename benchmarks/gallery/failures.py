"""What counts as a failure, how bad it is, and how often each kind happens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.codes import CauseCode, Verdict
from fundusgate.export.accuracy.statistics import wilson_interval
from fundusgate.runtime.preprocessing import inside_cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fundusgate.runtime import Assessment, Assessor

    from .cases import Case

PASSING = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)
MUST_BE_REFUSED = 0.6
"""Share of the field that is hidden from which a photograph must not pass; between the two either is right."""
MUST_PASS = 0.15
WORST_MAP = 0.35
"""Mean difference between map and truth over the cells in the field from which a map is a failure."""


class Kind(str, Enum):
    """Kinds of failure, the gravest first."""

    NO_RETINA_KEPT = "kept, though there is no retina"
    KEPT = "kept, though most of the retina is hidden"
    REFUSED = "refused, though nearly all of it can be seen"
    MAP = "the map is wrong"
    CAUSE = "refused rightly, another cause named"


@dataclass(frozen=True, eq=False)
class Judged:
    """A case and what the bundle says.

    Attributes:
        case: The picture and its truth.
        assessment: The bundle's word.
        map_error: Mean difference between map and truth over the cells in the field, 0..1.
    """

    case: Case
    assessment: Assessment
    map_error: float

    @property
    def kept(self) -> bool:
        """Whether it passes."""
        return self.assessment.verdict in PASSING

    @property
    def kind(self) -> Kind | None:
        """Which failure it is, the gravest where it is several; None where it is none."""
        case, share = self.case, self.case.hidden_share
        if not case.retina:
            return Kind.NO_RETINA_KEPT if self.kept else None
        if self.kept and share >= MUST_BE_REFUSED:
            return Kind.KEPT
        if not self.kept and share <= MUST_PASS:
            return Kind.REFUSED
        if self.map_error >= WORST_MAP:
            return Kind.MAP
        if not self.kept and case.code is not None and self.assessment.main is not case.code:
            return Kind.CAUSE
        return None

    @property
    def badness(self) -> float:
        """How bad a failure of its kind it is: larger is worse."""
        kind = self.kind
        if kind is Kind.KEPT:
            return self.case.hidden_share
        if kind is Kind.REFUSED:
            return 1 - self.case.hidden_share
        if kind is Kind.NO_RETINA_KEPT:
            return self.assessment.score / 100
        return self.map_error

    def told(self) -> str:
        """One line: what it is, what was said."""
        said = self.assessment
        main = "" if said.main is None else f" {said.main.value}"
        hidden = f"{self.case.hidden_share:.0%} hidden" if self.case.retina else "no retina"
        return (
            f"{self.case.name}: {hidden}; {said.verdict.value}{main}, score {said.score:.0f}, "
            f"map {said.degraded_fraction:.0%} degraded"
        )


def judge(assessor: Assessor, cases: Iterable[Case]) -> list[Judged]:
    """Send every case through the bundle."""
    found = []
    for case in cases:
        assessment = assessor.assess(case.rgb)
        found.append(Judged(case, assessment, _map_error(case, assessment)))
    return found


def _map_error(case: Case, assessment: Assessment) -> float:
    if not case.retina:
        return 0.0
    said = assessment.map
    inside = ~np.isnan(said) & _boxed(case.field, assessment.box, len(said))
    truth = _shares(case.hidden, assessment.box, len(said))
    return float(np.abs(said - truth)[inside].mean()) if inside.any() else 0.0


def _square(mask: NDArray[np.bool_], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    x0, y0, x1, y1 = box
    height, width = mask.shape
    square = np.zeros((y1 - y0, x1 - x0), np.float32)
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    square[top - y0 : bottom - y0, left - x0 : right - x0] = mask[top:bottom, left:right]
    return square


def _shares(mask: NDArray[np.bool_], box: tuple[int, int, int, int], cells: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(_square(mask, box), (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def _boxed(mask: NDArray[np.bool_], box: tuple[int, int, int, int], cells: int) -> NDArray[np.bool_]:
    side = 16 * cells
    return inside_cells(cv2.resize(_square(mask, box), (side, side), interpolation=cv2.INTER_NEAREST) > 0, cells)


@dataclass(frozen=True)
class Rate:
    """How often something happens, with Wilson's 95 % interval."""

    name: str
    hits: int
    of: int

    def told(self) -> str:
        """In per cent."""
        low, high = wilson_interval(self.hits, self.of)
        share = f"{self.hits / self.of:.1%}" if self.of else "none"
        return f"{self.hits} of {self.of} = {share} ({100 * low:.1f} to {100 * high:.1f} %)"


def rates(judged: list[Judged]) -> list[Rate]:
    """How often each failure happens where it could."""
    eyes = [each for each in judged if each.case.retina]
    bad = [each for each in eyes if each.case.hidden_share >= MUST_BE_REFUSED]
    fine = [each for each in eyes if each.case.hidden_share <= MUST_PASS]
    none = [each for each in judged if not each.case.retina]
    caused = [each for each in eyes if each.case.code is not None and not each.kept]
    return [
        Rate(f"{Kind.NO_RETINA_KEPT.value}", sum(each.kept for each in none), len(none)),
        Rate(f"{Kind.KEPT.value} ({MUST_BE_REFUSED:.0%} and more)", sum(each.kept for each in bad), len(bad)),
        Rate(f"{Kind.REFUSED.value} (all but {MUST_PASS:.0%})", sum(not each.kept for each in fine), len(fine)),
        Rate(
            f"{Kind.MAP.value} (mean difference {WORST_MAP:g} and more)",
            sum(each.map_error >= WORST_MAP for each in eyes),
            len(eyes),
        ),
        Rate(
            "refused with a fault put on, another cause named",
            sum(each.assessment.main is not each.case.code for each in caused),
            len(caused),
        ),
    ]


def worst_causes(judged: list[Judged]) -> list[tuple[CauseCode, Rate]]:
    """For each fault: how often it is refused under another name; the worst first."""
    found = []
    for code in CauseCode:
        refused = [each for each in judged if each.case.retina and each.case.code is code and not each.kept]
        wrong = sum(each.assessment.main is not code for each in refused)
        if wrong:
            found.append((code, Rate(code.value, wrong, len(refused))))
    return sorted(found, key=lambda each: -each[1].hits / each[1].of)


def worst(judged: list[Judged], each_kind: dict[Kind, int]) -> list[Judged]:
    """The worst failures of each kind, no two of one eye and fault."""
    chosen: list[Judged] = []
    for kind, most in each_kind.items():
        seen: set[str] = set()
        found = sorted((each for each in judged if each.kind is kind), key=lambda each: -each.badness)
        for each in found:
            fault = each.case.name.split(" ")[0] + (str(each.case.code) if each.case.retina else each.case.name)
            if len(seen) < most and fault not in seen:
                seen.add(fault)
                chosen.append(each)
    return chosen
