"""Quantizes one graph as `fundusgate export` does, before any layer is put back; in a process of its own.

    python fundusgate_worker.py ORDER

ORDER is JSON, as `modelopt_worker.py` takes it, but `method` is minmax, percentile or entropy and `precision` is
int8-trt or int8-cpu. It tells what that one does, so that seconds and memory compare.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
from process_memory import peak_mib

from fundusgate.calibration.ranges import Method, RangeCollector
from fundusgate.export.quantization.targets import TARGETS, tensors_to_calibrate


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Quantize, and tell what it took."""
    (target,) = (target for target in TARGETS if target.precision.value == order["precision"])
    pixels = np.load(order["pixels"], mmap_mode="r")
    before = peak_mib()
    started, worked = time.perf_counter(), time.process_time()
    model = onnx.load(order["graph"])
    with RangeCollector(model, tensors_to_calibrate(model), Method(order["method"])) as collector:
        for image in pixels:
            collector.add(image)
        ranges = collector.ranges()
    onnx.save(target.make(model, ranges, ()), order["out"])
    spent = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - worked}
    versions = {package: version(package) for package in ("fundusgate", "onnx", "onnxruntime")}
    return {**spent, "peak_mib": peak_mib(), "before_mib": before, "versions": versions}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
