"""Quantizes one graph with ModelOpt; runs in ModelOpt's own environment, where there is no fundusgate.

    python modelopt_worker.py ORDER

ORDER is JSON: `graph` and `out`, ONNX files; `pixels`, a NumPy file, uint8 [photographs, S, S, 3]; `method`, entropy or
max; `floats`, fp16 or fp32, what stays in float; `in_float`, names of nodes that ModelOpt shall not quantize. The last
line of output is JSON: seconds, peak memory, versions.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
from modelopt.onnx.quantization import quantize
from process_memory import peak_mib


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Quantize, and tell what it took."""
    name = onnx.load(order["graph"], load_external_data=False).graph.input[0].name
    pixels = np.load(order["pixels"], mmap_mode="r")
    before = peak_mib()
    started, worked = time.perf_counter(), time.process_time()
    quantize(
        order["graph"],
        quantize_mode="int8",
        calibration_data={name: pixels},
        calibration_method=order["method"],
        calibration_eps=["cpu"],
        high_precision_dtype=order["floats"],
        nodes_to_exclude=order["in_float"],
        output_path=order["out"],
        log_level="WARNING",
    )
    spent = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - worked}
    versions = {package: version(package) for package in ("nvidia-modelopt", "onnx", "onnxruntime-gpu")}
    return {**spent, "peak_mib": peak_mib(), "before_mib": before, "versions": versions}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
