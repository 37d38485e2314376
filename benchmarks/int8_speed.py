"""How much quicker a bundle's int8-cpu graphs are than its fp32 graphs, side by side in one process.

    python benchmarks/int8_speed.py [--bundle DIR] [--network NAME] [--rounds 60] [--threads 1 2] [--json FILE]

Both graphs are opened as the runtime opens them, on the same picture, and run in turn: fp32, int8, fp32, int8. Of every
round the ratio of both times is taken, and of these the median, so that a machine that is busy with other things slows
both sides of a ratio alike. Processor time is the time that the process was given, which a busy machine hardly changes;
what a camera waits is the wall time.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from fundusgate.export.parity import check_inputs
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.bundle import Bundle, shipped_bundle
from fundusgate.runtime.manifest import Precision

WARM_UP = 5
"""Rounds that are not counted."""
SMOOTH = 3
"""Which of the check inputs is looked at: what it shows does not change the time."""


@dataclass(frozen=True)
class Comparison:
    """One network at one number of threads; milliseconds are medians."""

    network: str
    threads: int
    fp32_ms: float
    int8_ms: float
    ratio: float
    """Median of the rounds' ratios of wall time, fp32 over int8."""
    ratio_low: float
    ratio_high: float
    """Their quartiles."""
    processor_ratio: float
    """The same of processor time."""

    def __str__(self) -> str:
        return (
            f"{self.network:16} {self.threads:7} {self.fp32_ms:8.1f} {self.int8_ms:8.1f} {self.ratio:7.2f}"
            f"  ({self.ratio_low:.2f} to {self.ratio_high:.2f}) {self.processor_ratio:9.2f}"
        )


def compare(name: str, graphs: tuple[Path, Path], threads: int, rounds: int) -> Comparison:
    """Time fp32 and int8 in turn."""
    with OnnxRuntimeBackend(graphs[0], threads) as fp32, OnnxRuntimeBackend(graphs[1], threads) as int8:
        image = check_inputs(fp32.signature.size)[SMOOTH]
        times = []
        for _ in range(WARM_UP + rounds):
            for backend in (fp32, int8):
                wall, processor = time.perf_counter(), time.process_time()
                backend.infer(image)
                times.append((time.perf_counter() - wall, time.process_time() - processor))
    kept = np.array(times).reshape(-1, 2, 2)[WARM_UP:]
    ratios = kept[:, 0] / kept[:, 1]
    low, _, high = statistics.quantiles(ratios[:, 0], n=4)
    fp32_ms, int8_ms = 1000 * np.median(kept[:, :, 0], axis=0)
    wall_ratio, processor_ratio = np.median(ratios, axis=0)
    return Comparison(
        name, threads, float(fp32_ms), float(int8_ms), float(wall_ratio), low, high, float(processor_ratio)
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=shipped_bundle())
    parser.add_argument("--network", action="append", help="only this one; repeatable")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    bundle = Bundle.open(options.bundle)
    print(f"ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, {options.rounds} rounds")
    print("network          threads  fp32 ms  int8 ms   ratio  (quartiles)    processor")
    found = []
    for model in bundle.manifest.models:
        held = {Precision.FP32, Precision.INT8_CPU} <= set(model.files)
        if not held or (options.network and model.name not in options.network):
            continue
        graphs = bundle.graph_path(model.name, Precision.FP32), bundle.graph_path(model.name, Precision.INT8_CPU)
        for threads in options.threads:
            found.append(compare(model.name, graphs, threads, options.rounds))
            print(found[-1], flush=True)
    if not found:
        raise SystemExit(f"{options.bundle} holds no int8-cpu graph: make it with `fundusgate export --calibration`")
    if options.json:
        options.json.write_text(json.dumps([asdict(item) for item in found], indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
