"""Where `retake` should lie, on made answers."""

import pytest

from benchmarks.fit_retake import THRESHOLDS, Told, cheapest, rows_of
from fundusgate.training.photographs import Quality


def answers(good: float, usable: float, reject: float, source: str = "a") -> dict[tuple[str, Quality], list[Told]]:
    scores = {Quality.GOOD: good, Quality.USABLE: usable, Quality.REJECT: reject}
    return {(source, quality): [Told(score, kept=True)] * 10 for quality, score in scores.items()}


def test_the_threshold_lies_between_usable_and_reject() -> None:
    rows = rows_of(answers(80, 66, 58), dearer=2)
    assert cheapest(rows, good=0.01).threshold == 59
    assert rows[0].cost == pytest.approx(2)


def test_what_was_refused_for_another_reason_stays_refused() -> None:
    told = answers(80, 66, 58)
    told["a", Quality.REJECT] = [Told(90, kept=False)] * 10
    assert {row.kept[Quality.REJECT] for row in rows_of(told, dearer=2)} == {0.0}


def test_good_photographs_do_not_pay() -> None:
    rows = rows_of(answers(60, 66, 64), dearer=2)
    assert min(rows, key=lambda row: row.cost).threshold == 65
    assert cheapest(rows, good=0.01).threshold == THRESHOLDS[0]


def test_sources_weigh_the_same() -> None:
    told = answers(80, 66, 58) | answers(80, 66, 70, "b")
    told["b", Quality.REJECT] *= 50
    at_sixty = next(row for row in rows_of(told, dearer=2) if row.threshold == 60)
    assert at_sixty.kept[Quality.REJECT] == pytest.approx(0.5)


def test_a_label_that_nobody_has() -> None:
    told = answers(80, 66, 58)
    del told["a", Quality.REJECT]
    with pytest.raises(ValueError, match="no photograph is labelled reject"):
        rows_of(told, dearer=2)
