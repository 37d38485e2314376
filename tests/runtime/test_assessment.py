from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.assessment import Assessment, Cause


def one(main: CauseCode | None = CauseCode.FOCUS) -> Assessment:
    degraded = np.full((16, 16), 0.25, np.float32)
    degraded[0, 0] = np.nan
    return Assessment(
        verdict=Verdict.RETAKE,
        score=41.236,
        degraded_fraction=0.123456,
        map=degraded,
        box=(-3, 0, 509, 512),
        causes=(Cause(CauseCode.FOCUS, 0.87654),),
        main=main,
        prompt="Out of focus: refocus.",
        precision="fp32",
        models={"efiqa-cp-edge": "1"},
        elapsed_ms={"preprocess": 1.0, "map": 2.0, "score": 3.0, "total": 6.5},
    )


def test_the_json_object_keeps_the_contract() -> None:
    said = json.loads(json.dumps(one().to_json_object(), allow_nan=False))
    assert list(said) == [
        "verdict",
        "score",
        "degraded_fraction",
        "map",
        "box",
        "causes",
        "prompt",
        "precision",
        "models",
        "elapsed_ms",
    ]
    assert said["verdict"] == "retake"
    assert said["score"] == 41.24
    assert said["map"][0][0] is None
    assert said["map"][15][15] == 0.25
    assert [len(row) for row in said["map"]] == [16] * 16
    assert said["box"] == [-3, 0, 509, 512]
    assert said["causes"] == [{"code": "FOCUS", "severity": 0.877}]
    assert set(said["elapsed_ms"]) == {"preprocess", "map", "score", "total"}


def test_an_assessment_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        one().score = 90.0  # type: ignore[misc]


def test_whether_a_retake_helps_follows_the_main_cause() -> None:
    assert one().retake_helps is RetakeHelps.YES
    assert one(None).retake_helps is None
