"""A second opinion: MLPerf LoadGen presses the shutter (SingleStream) and tells its own percentiles.

LoadGen (github.com/mlcommons/inference, the benchmark suite's own traffic generator) issues the next query as soon as
the one before is answered, and measures from outside; ours are measured inside the same queries. Its SingleStream
figure is an estimate of the 90th percentile by early stopping, at 99 % confidence, which is at or above the plain one.
"""

from __future__ import annotations

import re
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundusgate.bench.errors import BenchError
from fundusgate.bench.record import LoadGenOpinion
from fundusgate.bench.series import Summary, to_nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = "mlcommons-loadgen"
ABSENT = "MLPerf LoadGen is not installed: pip install 'fundusgate[loadgen]', or leave --loadgen out"
LEAST = 64
"""Queries below which early stopping gives no estimate of the 90th percentile."""
_MILLION = 1_000_000
_PERCENTILE = re.compile(r"^(\d+(?:\.\d+)?)(?:th)? percentile latency \(ns\)\s*:\s*(\d+)", re.MULTILINE)
_EXTREME = re.compile(r"^(Min|Max|Mean) latency \(ns\)\s*:\s*(\d+)", re.MULTILINE)
_RESULT = re.compile(r"^Result is\s*:\s*(\w+)", re.MULTILINE)
_EARLY = re.compile(r"Early stopping 90(?:\.0)?th percentile estimate:\s*(\d+)")


def check_installed() -> None:
    """Say at once, not after minutes of measuring, that it is missing.

    Raises:
        BenchError: LoadGen is not installed.
    """
    try:
        import mlperf_loadgen  # noqa: F401 - whether it can be imported is the question
    except ImportError as error:
        raise BenchError(ABSENT) from error


def second_opinion(press: Callable[[], object], seconds: float, least: int) -> LoadGenOpinion:
    """Let LoadGen press.

    Args:
        press: Presses once.
        seconds: At least.
        least: Presses at least; `LEAST` if fewer are asked for.

    Raises:
        BenchError: LoadGen is not installed, or told nothing.
        RuntimeError: A press failed (the camera, a network); raised as it was, after LoadGen has ended.
    """
    check_installed()
    import mlperf_loadgen as loadgen

    took: list[float] = []
    failed: list[RuntimeError | ValueError] = []

    def issue(queries: list[Any]) -> None:
        for query in queries:
            began = time.monotonic()
            # an exception must not pass through LoadGen's own thread; the rest of the queries are answered empty
            if not failed:
                try:
                    press()
                    took.append(to_nanoseconds(1e3 * (time.monotonic() - began)))
                except (RuntimeError, ValueError) as error:
                    failed.append(error)
            loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(query.id, 0, 0)])

    settings = loadgen.TestSettings()
    settings.scenario = loadgen.TestScenario.SingleStream
    settings.mode = loadgen.TestMode.PerformanceOnly
    settings.min_duration_ms = round(1e3 * seconds)
    settings.min_query_count = max(LEAST, least)
    with tempfile.TemporaryDirectory() as folder:
        logging = loadgen.LogSettings()
        logging.log_output.outdir = folder
        logging.log_output.copy_summary_to_stdout = False
        logging.enable_trace = False
        system = loadgen.ConstructSUT(issue, lambda: None)
        # one sample stands for the camera: it gives the photographs in turn by itself
        library = loadgen.ConstructQSL(1, 1, lambda _: None, lambda _: None)
        try:
            loadgen.StartTestWithLogSettings(system, library, settings, logging)
        finally:
            loadgen.DestroyQSL(library)
            loadgen.DestroySUT(system)
        if failed:
            raise failed[0]
        text = (Path(folder) / "mlperf_log_summary.txt").read_text(encoding="utf-8")
    return opinion_of(text, took, metadata.version(PACKAGE))


def opinion_of(summary: str, samples_ms: list[float], version: str) -> LoadGenOpinion:
    """Read LoadGen's summary.

    Args:
        summary: The text of mlperf_log_summary.txt.
        samples_ms: Ours, of the same queries.
        version: LoadGen's.

    Raises:
        BenchError: It holds no percentiles.
    """
    theirs = {name.lower(): int(value) / _MILLION for name, value in _EXTREME.findall(summary)}
    for percent, value in _PERCENTILE.findall(summary):
        theirs[f"p{float(percent):g}"] = int(value) / _MILLION
    result, early = _RESULT.search(summary), _EARLY.search(summary)
    if "p90" not in theirs or result is None:
        raise BenchError(f"LoadGen {version} left a summary without a result: another version may write it otherwise")
    return LoadGenOpinion(
        version=version,
        result=result[1],
        theirs_ms=theirs,
        early_stopping_p90_ms=None if early is None else int(early[1]) / _MILLION,
        samples_ms=samples_ms,
        ours=Summary.of(samples_ms),
    )
