"""Results as a run writes them, small and made by hand."""

from __future__ import annotations

from benchmarks.peer.results import Coverage, Flips, Made, Results, Row

OURS, THEIRS = "fundusgate int8-trt, percentile", "ModelOpt max, fp32"


def made(seconds: float) -> Made:
    return Made(seconds, 2 * seconds, peak_mib=500.0, before_mib=120.0, versions={"onnx": "1.21.0"})


def coverage(int8: int, refused: tuple[str, ...] = (), fused: int = 0) -> Coverage:
    jetpacks = {"5.1": ["opset (1): opset 19 is newer than 17"], "6.2": []}
    return Coverage(19, 19, int8, fused, [f"/conv.{index}/Conv" for index in range(int8)], list(refused), jetpacks)


def some_results() -> Results:
    flips = Flips(2, 256, 0.002, 0.028)
    rows = [
        Row(
            OURS,
            "efiqa-cp-edge",
            None,
            made(12.25),
            bytes=3 * 2**20,
            opset=17,
            pairs={"Add": 5, "Conv": 17},
            figures={"mean": 0.0123, "p99": 0.1155, "largest": 0.2, "dice": 0.9579},
            flips=flips,
            coverage=coverage(17),
            milliseconds=16.0,
            speed=0.5,
        ),
        Row(THEIRS, "efiqa-cp-edge", "RuntimeError: no | bar"),
        Row(
            THEIRS,
            "fthnet-s",
            None,
            None,
            figures={"srcc": 0.9943, "plcc": 0.999, "mean": 0.74, "p99": 1.22, "largest": 1.4},
            flips=flips,
            over_budget=["score SRCC 0.9943, under 0.995"],
        ),
    ]
    return Results(
        machine="a processor",
        command="python benchmarks/modelopt_peer.py PHOTOGRAPHS --out FOLDER",
        calibration_sha256="0" * 64,
        calibrated_on=128,
        measured_on=256,
        fp32_milliseconds={"efiqa-cp-edge": 8.0, "fthnet-s": 35.0},
        rows=rows,
        together={OURS: flips},
        range_kept={"efiqa-cp-edge": {OURS: {"tensors": 16, "median": 0.784, "least": 0.238, "clipped": 0.94}}},
    )
