"""Who quantizes how: every row of the comparison."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .results import Made

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent
UNCLIPPED = "ModelOpt max, fp32"
"""The variant whose scales cover the largest value that was seen."""


@dataclass(frozen=True)
class Variant:
    """One way to quantize a graph."""

    name: str
    by: str
    """"fundusgate" or "ModelOpt"."""
    settings: dict[str, str]
    """What the worker is told beside files."""
    for_tensorrt: bool
    """Whether TensorRT shall compile it: only then the audit and the JetPacks' rules say anything of it."""


def all_variants(method: str) -> list[Variant]:
    """The rows, in the table's order.

    Args:
        method: How fundusgate draws ranges: minmax, percentile or entropy.
    """
    return [
        Variant(
            f"fundusgate int8-trt, {method}",
            "fundusgate",
            {"precision": "int8-trt", "method": method},
            for_tensorrt=True,
        ),
        Variant(
            f"fundusgate int8-cpu, {method}",
            "fundusgate",
            {"precision": "int8-cpu", "method": method},
            for_tensorrt=False,
        ),
        Variant("ModelOpt as it comes: entropy, fp16", "ModelOpt", {"method": "entropy", "floats": "fp16"}, True),
        Variant("ModelOpt entropy, fp32", "ModelOpt", {"method": "entropy", "floats": "fp32"}, True),
        Variant(UNCLIPPED, "ModelOpt", {"method": "max", "floats": "fp32"}, True),
    ]


def chosen(variants: Sequence[Variant], names: Sequence[str]) -> list[Variant]:
    """Those whose name holds one of the words, every one where there are none.

    Raises:
        ValueError: A word that no name holds.
    """
    for word in names:
        if not any(word.lower() in variant.name.lower() for variant in variants):
            raise ValueError(f"no variant is called {word!r}; there are {'; '.join(item.name for item in variants)}")
    return [item for item in variants if not names or any(word.lower() in item.name.lower() for word in names)]


def make(variant: Variant, python: Path, graph: Path, pixels: Path, out: Path) -> Made | str:
    """Quantize in a fresh process.

    Args:
        variant: How.
        python: ModelOpt's interpreter.
        graph: The fp32 graph; ModelOpt writes beside it, so it must lie where one may write.
        pixels: The calibration photographs, uint8 [photographs, S, S, 3], a NumPy file.
        out: The graph to write.

    Returns:
        What it took; or the last words of a quantizer that failed.
    """
    worker = "modelopt_worker.py" if variant.by == "ModelOpt" else "fundusgate_worker.py"
    interpreter = python if variant.by == "ModelOpt" else Path(sys.executable)
    order = {"graph": str(graph), "pixels": str(pixels), "out": str(out), **variant.settings}
    done = subprocess.run(
        [str(interpreter), str(FOLDER / worker), json.dumps(order)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or [f"ended with {done.returncode} and no word"])[-1]
    return Made(**json.loads(done.stdout.splitlines()[-1]))
