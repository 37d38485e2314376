from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks.gallery.cases import Case
from benchmarks.gallery.failures import Judged, Kind, rates, worst, worst_causes
from benchmarks.gallery.sheet import as_jpeg, sheet_of
from fundusgate.codes import CauseCode, Verdict
from fundusgate.runtime import Assessment

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
FIELD = np.ones((SIDE, SIDE), np.bool_)


def hidden(share: float) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[: round(share * SIDE)] = True
    return mask


def judged(
    share: float,
    verdict: Verdict,
    *,
    code: CauseCode | None = None,
    main: CauseCode | None = None,
    retina: bool = True,
    map_error: float = 0.0,
) -> Judged:
    rgb = np.full((SIDE, SIDE, 3), 90, np.uint8)
    case = Case(f"{code} {share}, eye 0", rgb, FIELD, hidden(share), code, retina)
    said = Assessment(
        verdict=verdict,
        score=50.0,
        degraded_fraction=share,
        map=np.zeros((16, 16), np.float32),
        box=(0, 0, SIDE, SIDE),
        causes=(),
        main=main,
        prompt="",
        precision="fp32",
        models={},
        elapsed_ms={},
    )
    return Judged(case, said, map_error)


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        (judged(0.9, Verdict.ACCEPT_WITH_NOTE), Kind.KEPT),
        (judged(0.0, Verdict.RETAKE), Kind.REFUSED),
        (judged(0.4, Verdict.RETAKE), None),
        (judged(0.4, Verdict.ACCEPT), None),
        (judged(0.4, Verdict.ACCEPT, map_error=0.5), Kind.MAP),
        (judged(1.0, Verdict.ACCEPT, retina=False), Kind.NO_RETINA_KEPT),
        (judged(1.0, Verdict.RETAKE, retina=False), None),
        (judged(0.9, Verdict.RETAKE, code=CauseCode.FOCUS, main=CauseCode.FOCUS), None),
        (judged(0.9, Verdict.RETAKE, code=CauseCode.FOCUS, main=CauseCode.MOTION), Kind.CAUSE),
    ],
)
def test_what_counts_as_a_failure(of: Judged, kind: Kind | None) -> None:
    assert of.kind is kind


def test_rates_count_only_where_a_failure_could_be() -> None:
    every = [
        judged(0.9, Verdict.ACCEPT),
        judged(0.9, Verdict.RETAKE),
        judged(0.4, Verdict.ACCEPT),
        judged(0.0, Verdict.ACCEPT),
        judged(1.0, Verdict.RETAKE, retina=False),
    ]
    found = {rate.name.split(" (")[0]: (rate.hits, rate.of) for rate in rates(every)}
    assert found[Kind.KEPT.value] == (1, 2)
    assert found[Kind.REFUSED.value] == (0, 1)
    assert found[Kind.NO_RETINA_KEPT.value] == (0, 1)


def test_causes_that_are_misnamed_come_worst_first() -> None:
    every = [
        judged(0.9, Verdict.RETAKE, code=CauseCode.FOCUS, main=CauseCode.MOTION),
        judged(0.9, Verdict.RETAKE, code=CauseCode.MOTION, main=CauseCode.MOTION),
        judged(0.9, Verdict.RETAKE, code=CauseCode.MOTION, main=CauseCode.FOCUS),
        judged(0.9, Verdict.RETAKE, code=CauseCode.TOO_DARK, main=CauseCode.TOO_DARK),
    ]
    assert [(code, rate.hits, rate.of) for code, rate in worst_causes(every)] == [
        (CauseCode.FOCUS, 1, 1),
        (CauseCode.MOTION, 1, 2),
    ]


def test_the_worst_of_a_kind_come_first_and_no_fault_twice() -> None:
    every = [
        judged(0.7, Verdict.ACCEPT, code=CauseCode.FOCUS),
        judged(0.95, Verdict.ACCEPT, code=CauseCode.FOCUS),
        judged(0.8, Verdict.ACCEPT, code=CauseCode.MOTION),
    ]
    chosen = worst(every, {Kind.KEPT: 3})
    assert [each.case.hidden_share for each in chosen] == [every[1].case.hidden_share, every[2].case.hidden_share]


def test_the_sheet_fits_the_bytes_it_was_given() -> None:
    every = [judged(0.9, Verdict.ACCEPT), judged(0.0, Verdict.RETAKE)]
    noisy = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    every.append(Judged(replace(every[0].case, rgb=noisy), every[0].assessment, 0.0))
    sheet = sheet_of(every)
    large, small = as_jpeg(sheet, 10**6), as_jpeg(sheet, 60_000)
    assert len(small) <= 60_000
    assert cv2.imdecode(np.frombuffer(large, np.uint8), cv2.IMREAD_COLOR).shape == sheet.shape
    with pytest.raises(ValueError, match="draw fewer failures"):
        as_jpeg(sheet, 100)
    with pytest.raises(ValueError, match="nothing failed"):
        sheet_of([])
