"""How large a bundle's graphs are, and that writing constants small costs neither answers nor time.

    python benchmarks/graph_sizes.py [--bundle DIR] [--rounds 20] [--json FILE]

Beside every graph stands the same one with its constants written out (`fundusgate.export.expand`), as TensorRT is given
it. Both are opened as the runtime opens them, and run in turn on the same pictures: of every round the ratio of both
processor times is taken, and of these the median, small over written out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

from fundusgate.export.expand import expand
from fundusgate.export.parity import check_inputs
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.bundle import Bundle, shipped_bundle

WARM_UP = 3
"""Rounds that are not counted."""
OPENED = 5
"""How often each graph is opened."""


@dataclass(frozen=True)
class Size:
    """One graph."""

    graph: str
    bytes: int
    written_out: int
    """Bytes with its constants written out."""
    difference: float
    """Largest absolute difference of any output of both over the check pictures."""
    opening: float
    """Median ratio of the times to open."""
    inference: float
    """Median ratio of the times to infer."""

    def __str__(self) -> str:
        return (
            f"{self.graph:30} {self.bytes / 1e6:8.2f} {self.written_out / 1e6:12.2f} {self.difference:11.1e}"
            f" {self.opening:8.2f} {self.inference:10.3f}"
        )


def measure(path: Path, folder: Path, rounds: int) -> Size:
    """Open and run a graph and its written-out form in turn."""
    large = folder / path.name
    onnx.save(expand(onnx.load(path)), large)
    pair = (path, large)
    opening = [[_opening(graph) for graph in pair] for _ in range(OPENED)]
    times, apart = [], 0.0
    with OnnxRuntimeBackend(pair[0], 1) as small, OnnxRuntimeBackend(pair[1], 1) as other:
        images = check_inputs(small.signature.size)
        for number in range(WARM_UP + rounds):
            image = images[number % len(images)]
            (one, spent), (two, longer) = _timed(small, image), _timed(other, image)
            times.append((spent, longer))
            apart = max(apart, *(float(np.abs(one[name] - two[name]).max()) for name in one))
    kept = np.array(times[WARM_UP:])
    opened = np.array(opening)
    return Size(
        path.name.removesuffix(".onnx"),
        path.stat().st_size,
        large.stat().st_size,
        apart,
        float(np.median(opened[:, 0] / opened[:, 1])),
        float(np.median(kept[:, 0] / kept[:, 1])),
    )


def _opening(path: Path) -> float:
    started = time.process_time()
    with OnnxRuntimeBackend(path, 1):
        return time.process_time() - started


def _timed(backend: OnnxRuntimeBackend, image: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
    started = time.process_time()
    found = backend.infer(image)
    return dict(found), time.process_time() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=shipped_bundle())
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    bundle = Bundle.open(options.bundle)
    print("graph                                MB  written out  difference  opening  inference")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for model in bundle.manifest.models:
            for precision in model.files:
                found.append(measure(bundle.graph_path(model.name, precision), Path(folder), options.rounds))
                print(found[-1], flush=True)
    print(f"together {sum(size.bytes for size in found) / 1e6:.1f} MB,", end=" ")
    print(f"written out {sum(size.written_out for size in found) / 1e6:.1f} MB")
    if options.json:
        options.json.write_text(json.dumps([asdict(size) for size in found], indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
