"""A log of NVIDIA's trtexec, read so that its figures stand beside ours with the flags that they were made with.

trtexec times engines alone, one network a run, by default with the next inference enqueued before the one before has
ended; 11 has CUDA graphs and spin-wait on and transfers off by default. What it says is no press to verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RUNNING = re.compile(r"&&&& RUNNING TensorRT\.trtexec \[TensorRT v(\d+)\](?:\s*\[b\d+\])?\s*#\s*(.*)")
_ROW = re.compile(r"(?:^|\] )(Latency|GPU Compute Time|H2D Latency|D2H Latency|Enqueue Time): (min\b.*)$", re.MULTILINE)
# "min = 5.3 ms", and "max 6.2 ms" in logs whose equals sign was lost on the way
_FIGURE = re.compile(r"(min|max|mean|median|percentile\((\d+(?:\.\d+)?)%\))\s*=?\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?) ms")
_THROUGHPUT = re.compile(r"Throughput: (\d+(?:\.\d+)?(?:e[+-]?\d+)?) qps")
_FLAG = re.compile(r"--[\w-]+(?:=\S+)?")
_FAILED = "&&&& FAILED"
_TEN = 100_000


@dataclass(frozen=True)
class TrtexecLog:
    """What one run of trtexec said.

    Attributes:
        tensorrt: Its version, such as "10.3.0"; None where the log does not begin at its beginning.
        flags: As they were given.
        rows_ms: Milliseconds by figure (`min`, `mean`, `p50`, `p90` and so on, `max`) by row, such as "Latency".
        throughput: Inferences a second; None where it is not told.
    """

    tensorrt: str | None
    flags: tuple[str, ...]
    rows_ms: Mapping[str, Mapping[str, float]]
    throughput: float | None

    def to_json_object(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "tensorrt": self.tensorrt,
            "flags": list(self.flags),
            "rows_ms": {name: dict(row) for name, row in self.rows_ms.items()},
            "throughput_a_second": self.throughput,
        }


def read_trtexec(path: Path) -> TrtexecLog:
    """Read a log of trtexec 8, 10 or 11.

    Raises:
        BenchError: It cannot be read, is of a run that failed, or holds no figures.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BenchError(f"{path} cannot be read: {error.strerror}") from error
    if _FAILED in text:
        raise BenchError(f"{path} is of a run of trtexec that failed: look into it, and run trtexec again")
    rows = {name: _figures(row) for name, row in _ROW.findall(text)}
    if "GPU Compute Time" not in rows and "Latency" not in rows:
        raise BenchError(
            f"{path} holds no performance summary of trtexec: keep all of its output (trtexec ... | tee LOG)"
        )
    running, throughput = _RUNNING.search(text), _THROUGHPUT.search(text)
    return TrtexecLog(
        tensorrt=None if running is None else _version(running[1]),
        flags=() if running is None else tuple(_FLAG.findall(running[2])),
        rows_ms=rows,
        throughput=None if throughput is None else float(throughput[1]),
    )


def _figures(row: str) -> dict[str, float]:
    return {_named(name, percent): float(value) for name, percent, value in _FIGURE.findall(row)}


def _named(name: str, percent: str) -> str:
    if percent:
        return f"p{float(percent):g}"
    return "p50" if name == "median" else name


def _version(digits: str) -> str:
    """8503 is 8.5.3; from 10 on two digits each: 100300 is 10.3.0."""
    number = int(digits)
    base = 10_000 if number >= _TEN else 1_000
    return f"{number // base}.{number % base // 100}.{number % 100}"
