"""Quantizes one graph with NNCF for OpenVINO; runs in NNCF's own environment, where there is no fundusgate.

    python nncf_worker.py ORDER

ORDER is JSON: `graph`, an ONNX file; `out`, where the .xml goes; `pixels`, a NumPy file, uint8 [photographs, S, S, 3];
`transformer`, whether NNCF shall be told so. Everything else is NNCF's default.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# NNCF tells its makers what it is used for unless it takes this for one of their own machines.
os.environ["NNCF_CI"] = "1"

import nncf
import numpy as np
import openvino


def main(order: dict[str, Any]) -> None:
    """Quantize."""
    pixels = np.load(order["pixels"], mmap_mode="r")
    model = openvino.Core().read_model(order["graph"])
    photographs = nncf.Dataset([pixels[index : index + 1] for index in range(len(pixels))])
    quantized = nncf.quantize(
        model,
        photographs,
        subset_size=len(pixels),
        model_type=nncf.ModelType.TRANSFORMER if order["transformer"] else None,
    )
    openvino.save_model(quantized, order["out"], compress_to_fp16=False)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
