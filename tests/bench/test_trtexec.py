from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.bench.errors import BenchError
from fundusgate.bench.trtexec import read_trtexec

if TYPE_CHECKING:
    from pathlib import Path

EIGHT = """\
&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # /usr/src/tensorrt/bin/trtexec --onnx=a.onnx --fp16 --int8 --useSpinWait
[11/21/2026-08:00:00] [I] === Performance summary ===
[11/21/2026-08:00:00] [I] Throughput: 169.352 qps
[11/21/2026-08:00:00] [I] Latency: min = 5.25 ms, max = 6.5 ms, mean = 5.75 ms, median = 5.5 ms, percentile(99%) = 6.25 ms
[11/21/2026-08:00:00] [I] GPU Compute Time: min = 3.25 ms, max = 4 ms, mean = 3.5 ms, median = 3.75 ms, percentile(99%) = 3.875 ms
[11/21/2026-08:00:00] [I] Total GPU Compute Time: 1.87796 s
&&&& PASSED TensorRT.trtexec [TensorRT v8502] # /usr/src/tensorrt/bin/trtexec --onnx=a.onnx
"""  # noqa: E501 - as trtexec prints it
TEN = """\
&&&& RUNNING TensorRT.trtexec [TensorRT v100300] [b30] # trtexec --loadEngine=a.plan --useCudaGraph --iterations=1000
[11/21/2026-08:00:00] [I] Throughput: 1.5e+03 qps
[11/21/2026-08:00:00] [I] Latency: min = 0.5 ms, max = 1 ms, mean = 0.6 ms, median = 0.55 ms, percentile(90%) = 0.7 ms, percentile(95%) = 0.8 ms, percentile(99%) = 0.9 ms
[11/21/2026-08:00:00] [I] H2D Latency: min = 0.01 ms, max = 0.2 ms, mean = 0.02 ms, median = 0.015 ms, percentile(90%) = 0.03 ms, percentile(95%) = 0.04 ms, percentile(99%) = 0.05 ms
[11/21/2026-08:00:00] [I] GPU Compute Time: min = 0.4 ms, max = 0.9 ms, mean = 0.5 ms, median = 0.45 ms, percentile(90%) = 0.6 ms, percentile(95%) = 0.7 ms, percentile(99%) = 0.8 ms
"""  # noqa: E501 - as trtexec prints it
BARE = (
    "GPU Compute Time: min = 3.17834 ms, max 3.88306 ms, mean 3.63242 ms, median 3.71753 ms, percentile(99%) 3.87 ms\n"
)


def written(folder: Path, text: str) -> Path:
    path = folder / "trtexec.log"
    path.write_text(text, encoding="utf-8")
    return path


def test_eight(tmp_path: Path) -> None:
    found = read_trtexec(written(tmp_path, EIGHT))
    assert found.tensorrt == "8.5.2"
    assert found.flags == ("--onnx=a.onnx", "--fp16", "--int8", "--useSpinWait")
    assert found.throughput == 169.352
    assert found.rows_ms["GPU Compute Time"] == {"min": 3.25, "max": 4.0, "mean": 3.5, "p50": 3.75, "p99": 3.875}
    assert found.rows_ms["Latency"]["p99"] == 6.25
    assert set(found.rows_ms) == {"Latency", "GPU Compute Time"}


def test_ten(tmp_path: Path) -> None:
    found = read_trtexec(written(tmp_path, TEN))
    assert found.tensorrt == "10.3.0"
    assert "--useCudaGraph" in found.flags
    assert found.throughput == 1500
    latency = found.rows_ms["Latency"]
    assert [latency[figure] for figure in ("min", "mean", "p50", "p90", "p95", "p99", "max")] == [
        0.5, 0.6, 0.55, 0.7, 0.8, 0.9, 1.0,
    ]  # fmt: skip
    assert set(found.rows_ms) == {"Latency", "H2D Latency", "GPU Compute Time"}


def test_a_line_that_was_copied_out(tmp_path: Path) -> None:
    found = read_trtexec(written(tmp_path, BARE))
    assert found.tensorrt is found.throughput is None
    assert found.flags == ()
    assert found.rows_ms == {
        "GPU Compute Time": {"min": 3.17834, "max": 3.88306, "mean": 3.63242, "p50": 3.71753, "p99": 3.87}
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no performance summary"),
        ("nothing of the kind", "no performance summary"),
        (EIGHT.replace("PASSED", "FAILED"), "that failed"),
    ],
)
def test_no_figures(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BenchError, match=why):
        read_trtexec(written(tmp_path, text))


def test_no_log(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="No such file"):
        read_trtexec(tmp_path / "missing.log")
