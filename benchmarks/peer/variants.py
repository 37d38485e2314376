"""Who quantizes how: every row of the comparison."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from fundusgate.runtime.bundle import file_sha256

from .crossed import left_in_float, with_nearest_weights, with_scales_of
from .results import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOLDER = Path(__file__).parent
MODELOPT_WORKER = "modelopt_worker.py"
UNCLIPPED = "ModelOpt max, fp32"
"""The variant whose scales cover the largest value that was seen."""
ENTROPY = "ModelOpt entropy, fp32"


class By(str, Enum):
    """Who makes the graph."""

    FUNDUSGATE = "fundusgate"
    MODELOPT = "ModelOpt"
    CROSSED = "crossed"
    """One with something of the other's, made from graphs that are there."""


@dataclass(frozen=True)
class Variant:
    """One way to quantize a graph."""

    name: str
    by: By
    settings: dict[str, str]
    """What the worker is told beside files; of a crossed one, what is taken from whom."""
    for_tensorrt: bool = True
    """Whether TensorRT shall compile it: only then the audit and the JetPacks' rules say anything of it."""


@dataclass(frozen=True)
class Files:
    """What one network's graphs are made from."""

    python: Path
    """ModelOpt's interpreter."""
    graph: Path
    """fp32; ModelOpt writes beside it, so it lies where one may write."""
    pixels: Path
    """The calibration photographs, uint8 [photographs, S, S, 3], a NumPy file."""
    graph_of: Callable[[str], Path]
    """Where the graph of a variant lies, by its name."""


def all_variants(methods: Sequence[str], *, why: bool) -> list[Variant]:
    """The rows, in the table's order.

    Args:
        methods: How fundusgate draws ranges: minmax, percentile or entropy; the first is what crossed ones start from.
        why: Whether to add those that show what a difference comes from.
    """
    ours = [
        Variant(f"fundusgate int8-trt, {method}", By.FUNDUSGATE, {"precision": "int8-trt", "method": method})
        for method in methods
    ]
    cpu = Variant(
        f"fundusgate int8-cpu, {methods[0]}", By.FUNDUSGATE, {"precision": "int8-cpu", "method": methods[0]}, False
    )
    theirs = [
        Variant("ModelOpt as it comes: entropy, fp16", By.MODELOPT, {"method": "entropy", "floats": "fp16"}),
        Variant(ENTROPY, By.MODELOPT, {"method": "entropy", "floats": "fp32"}),
        Variant(UNCLIPPED, By.MODELOPT, {"method": "max", "floats": "fp32"}),
    ]
    causes = [
        Variant(
            "ModelOpt entropy, fundusgate's float layers",
            By.MODELOPT,
            {"method": "entropy", "floats": "fp32", "in_float": "as fundusgate"},
        ),
        Variant(f"{ours[0].name}; scales of {ENTROPY}", By.CROSSED, {"scales": ENTROPY}),
        Variant(f"{ours[0].name}; scales of {UNCLIPPED}", By.CROSSED, {"scales": UNCLIPPED}),
        Variant(f"{ours[0].name}; weights to the nearest", By.CROSSED, {"weights": ours[0].name}),
    ]
    return [*ours, cpu, *theirs, *(causes if why else [])]


def chosen(variants: Sequence[Variant], words: Sequence[str]) -> list[Variant]:
    """Those whose name holds one of the words, every one where there are none.

    Raises:
        ValueError: A word that no name holds.
    """
    for word in words:
        if not any(word.lower() in variant.name.lower() for variant in variants):
            raise ValueError(f"no variant is called {word!r}; there are {'; '.join(item.name for item in variants)}")
    return [item for item in variants if not words or any(word.lower() in item.name.lower() for word in words)]


def make(variant: Variant, files: Files) -> Made | str | None:
    """Make one graph; quantizers run in a process of their own, and what an earlier run of the same order made stays.

    Args:
        variant: How.
        files: From what, and where to.

    Returns:
        What it took, None for a crossed one; or why there is no graph.
    """
    if variant.by is By.CROSSED:
        return _cross(variant, files)
    order: dict[str, Any] = {
        "graph": str(files.graph),
        "pixels": str(files.pixels),
        "out": str(files.graph_of(variant.name)),
        **variant.settings,
        "in_float": left_in_float(files.graph) if "in_float" in variant.settings else [],
    }
    if variant.by is By.MODELOPT:
        return _told(files.python, MODELOPT_WORKER, order)
    return _told(Path(sys.executable), "fundusgate_worker.py", order)


def _told(python: Path, worker: str, order: dict[str, Any]) -> Made | str:
    out = Path(order["out"])
    record = out.with_suffix(".json")
    known = _known(record, order, out)
    if known is not None:
        return known
    command = [str(python), str(FOLDER / worker), json.dumps(order)]
    # What PYTHONPATH names is this environment's; in ModelOpt's it would hide the pins.
    variables = dict(os.environ)
    if worker == MODELOPT_WORKER:
        variables.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or [f"ended with {done.returncode} and no word"])[-1]
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    record.write_text(
        json.dumps({"order": _lasting(order), "made": made, "sha256": file_sha256(out)}), encoding="utf-8"
    )
    return Made(**made)


def _lasting(order: dict[str, Any]) -> dict[str, Any]:
    """An order with what its files hold instead of where they lie."""
    return {
        **order,
        "out": "",
        "graph": file_sha256(Path(order["graph"])),
        "pixels": file_sha256(Path(order["pixels"])),
    }


def _known(record: Path, order: dict[str, Any], out: Path) -> Made | None:
    """What an earlier run of the same order took, where its graph is still there."""
    if not (record.is_file() and out.is_file()):
        return None
    told = json.loads(record.read_text(encoding="utf-8"))
    if told["order"] != _lasting(order) or told["sha256"] != file_sha256(out):
        return None
    return Made(**told["made"])


def _cross(variant: Variant, files: Files) -> str | None:
    source = files.graph_of(variant.settings.get("scales") or variant.settings["weights"])
    if not source.is_file():
        return f"{source.name} is not there: leave its variant among those of --only"
    if "scales" in variant.settings:
        try:
            made = with_scales_of(files.graph, source)
        except ValueError as error:
            return str(error)
    else:
        made, _ = with_nearest_weights(source, files.graph)
    onnx.save(made, files.graph_of(variant.name))
    return None
