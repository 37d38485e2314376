from __future__ import annotations

from fundusgate.codes import Verdict
from fundusgate.evaluation.yardsticks.changes import score_moves, verdict_flips


def test_flips_with_their_interval() -> None:
    # Wilson's interval of 1 in 100, from a table: 0.18 % to 5.45 %
    before = [Verdict.ACCEPT] * 100
    after = [*before[1:], Verdict.RETAKE]
    assert verdict_flips("int8", before, after) == (
        "int8 changes the verdict of 1 of 100 photographs (1.0 %, 95 % interval 0.2 to 5.4)."
    )
    assert "0 of 100" in verdict_flips("int8", before, before)


def test_moves_by_hand() -> None:
    said = score_moves("int8", "score network", [10.0, 20.0, 30.0], [11.0, 20.0, 28.0])
    assert said.startswith("int8 moves the score network by 1.00 on average")
    assert said.endswith("2.00 at most.")
