"""How far each quantized graph is from fp32 on photographs that nobody calibrated on, by `export`'s own figures."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from fundusgate.export.accuracy import figures
from fundusgate.export.accuracy.reports import figure_violations, flip_violations
from fundusgate.export.accuracy.verdicts import verdicts
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.bundle import file_sha256
from fundusgate.runtime.manifest import Role

from .results import Flips

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.accuracy.photographs import PreparedSet
    from fundusgate.export.accuracy.verdicts import Outputs
    from fundusgate.runtime.manifest import ModelManifest
    from fundusgate.runtime.profile import Profile


def run(graph: Path, manifest: ModelManifest, photographs: PreparedSet) -> Outputs:
    """A graph's outputs over every photograph.

    Raises:
        BackendError: ONNX Runtime does not take the graph, or it gives values that are not finite.
    """
    gathered: dict[str, list[NDArray[np.float32]]] = {output.name: [] for output in manifest.outputs}
    with OnnxRuntimeBackend(graph) as backend:
        for image in photographs.inputs(manifest.preprocessing):
            for name, value in backend.infer(image).items():
                gathered[name].append(value)
    return {name: np.stack(values) for name, values in gathered.items()}


def run_once(graph: Path, manifest: ModelManifest, photographs: PreparedSet, which: str, folder: Path) -> Outputs:
    """The same as `run`, kept on disk for a run that goes on where an earlier one was cut off.

    Args:
        graph: The graph.
        manifest: Of its network.
        photographs: To run it on.
        which: Names those photographs, such as a hash.
        folder: For what is kept.
    """
    name = hashlib.sha256(f"{file_sha256(graph)} {which} {onnxruntime.__version__}".encode()).hexdigest()
    kept = folder / f"{name[:32]}.npz"
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as held:
            return {output.name: held[output.name] for output in manifest.outputs}
    outputs = run(graph, manifest, photographs)
    aside = kept.with_suffix(f".{os.getpid()}.npz")
    np.savez(aside, **outputs)  # type: ignore[arg-type]
    aside.replace(kept)
    return outputs


class Parity:
    """fp32's verdicts, and what becomes of them.

    Args:
        photographs: To measure on.
        profile: The gate's thresholds.
        manifests: The gate's networks.
        reference: Their outputs in fp32.
        budget: What a precision may cost.
    """

    def __init__(
        self,
        photographs: PreparedSet,
        profile: Profile,
        manifests: Mapping[Role, ModelManifest],
        reference: Mapping[Role, Outputs],
        budget: Budget,
    ) -> None:
        self._photographs, self._profile, self._budget = photographs, profile, budget
        self._manifests, self._reference = dict(manifests), dict(reference)
        self._before = verdicts(photographs, profile, self._manifests, self._reference)

    def figures(self, role: Role, measured: Outputs) -> tuple[dict[str, float], list[str]]:
        """One network's own figures, and what of them breaks the budget."""
        manifest, reference = self._manifests[role], self._reference[role]
        found: figures.ScoreFigures | figures.MapFigures
        if role is Role.SCORE:
            found = figures.score_figures(manifest, reference, measured)
        else:
            found = figures.map_figures(manifest, reference, measured, self._photographs, self._profile.map.cell)
        kept = {name: value for name, value in asdict(found).items() if value is not None}
        return kept, figure_violations(found, self._budget)

    def flips(self, measured: Mapping[Role, Outputs]) -> tuple[Flips, list[str]]:
        """Verdicts that differ where these networks are quantized and the others in fp32; what breaks the budget."""
        after = verdicts(self._photographs, self._profile, self._manifests, {**self._reference, **measured})
        counted = figures.flips(self._photographs, self._before, after)
        total = counted.total
        return Flips(total.hits, total.trials, total.low, total.high), flip_violations(counted, self._budget)
