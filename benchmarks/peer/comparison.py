"""The whole comparison: quantize, measure, build, time."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.photographs import photographs_of
from fundusgate.export.accuracy.budget import Budget
from fundusgate.export.accuracy.photographs import PreparedSet
from fundusgate.export.readiness.graph import GraphView
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.manifest import Precision, Role
from fundusgate.runtime.networks import with_working_points
from fundusgate.runtime.prepared import network_input
from fundusgate.runtime.profile import Profile

from .coverage import coverage
from .latency import milliseconds, ratio
from .nodes import activation_scales, compared, pairs_by_reader, per_tensor_weights
from .parity import Parity, run_once
from .results import Flips, Made, Results, Row
from .variants import UNCLIPPED, Files, Variant, make

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fundusgate.calibration.manifest import CalibrationManifest
    from fundusgate.export.accuracy.verdicts import Outputs
    from fundusgate.runtime.manifest import ModelManifest


class Comparison:
    """One bundle's networks on one set of photographs.

    Args:
        bundle: Holds the fp32 graphs.
        photographs: To calibrate and to measure on.
        out: Folder for the graphs.
        python: ModelOpt's interpreter.
        tell: Called with a sentence before every step.

    Raises:
        BundleError: It is no sound bundle.
        ValueError: It has no network for the map or none for the score.
    """

    def __init__(
        self, bundle: Path, photographs: CalibrationManifest, out: Path, python: Path, tell: Callable[[str], None]
    ) -> None:
        self._bundle = Bundle.open(bundle)
        self._photographs, self._out, self._python, self._tell = photographs, out, python, tell
        gate = {role: self._bundle.first(role) for role in (Role.MAP, Role.SCORE)}
        self._gate = {role: manifest for role, manifest in gate.items() if manifest is not None}
        if len(self._gate) < len(gate):
            raise ValueError(f"{bundle} lacks a network for the map or for the score: the verdicts need both")

    def run(self, variants: Sequence[Variant], rounds: int, threads: int, machine: str, command: str) -> Results:
        """Measure every variant on every network.

        Args:
            variants: Who quantizes how.
            rounds: Inferences of each graph to time.
            threads: ONNX Runtime's, while timing.
            machine: In words, for the report.
            command: For the report.
        """
        with tempfile.TemporaryDirectory(prefix="fundusgate-peer-") as held:
            scratch = Path(held)
            self._fp32 = {role: self._writable(manifest, scratch) for role, manifest in self._gate.items()}
            made = self._make_all(variants, self._pixels(scratch))
            parity_set = self._parity_set(scratch / "parity")
            reference = {}
            for role, manifest in self._gate.items():
                self._tell(f"{manifest.name}: fp32 on {len(parity_set.photographs)} photographs")
                reference[role] = self._run(self._fp32[role], manifest, parity_set)
            profile = with_working_points(Profile.load(), self._gate)
            parity = Parity(parity_set, profile, self._gate, reference, Budget.load())
            rows, together = self._measure_all(variants, made, parity, parity_set)
            rows, fp32 = self._timed(rows, parity_set, rounds, threads)
        return Results(
            machine=f"{machine}, {threads} for the times",
            command=command,
            calibration_sha256=self._photographs.sha256,
            calibrated_on=len(self._photographs.calibration),
            measured_on=len(self._photographs.parity),
            fp32_milliseconds=fp32,
            rows=rows,
            together=together,
            range_kept=self._range_kept(rows),
        )

    def graph_of(self, network: str, variant: str) -> Path:
        """Where a variant's graph of a network lies."""
        plain = "".join(letter if letter.isalnum() else "-" for letter in variant.lower())
        return self._out / f"{network}.{'-'.join(filter(None, plain.split('-')))}.onnx"

    def _writable(self, manifest: ModelManifest, scratch: Path) -> Path:
        # ModelOpt writes its own steps beside the graph that it reads.
        source = self._bundle.graph_path(manifest.name, Precision.FP32)
        return Path(shutil.copy(source, scratch / f"{manifest.name}.onnx"))

    def _pixels(self, scratch: Path) -> dict[Role, Path]:
        """The calibration photographs as each network takes them, uint8, one file a network."""
        count = len(self._photographs.calibration)
        arrays = {}
        for role, manifest in self._gate.items():
            side = manifest.preprocessing.size
            path = scratch / f"{manifest.name}.npy"
            arrays[role] = np.lib.format.open_memmap(path, "w+", np.uint8, (count, side, side, 3))
        for index, (_, rgb) in enumerate(photographs_of(self._photographs, self._photographs.calibration)):
            self._tell(f"preparing photographs to calibrate on, {index + 1} of {count}")
            disc = find_disc(rgb)
            for role, manifest in self._gate.items():
                arrays[role][index] = network_input(rgb, disc, manifest.preprocessing)
        for array in arrays.values():
            array.flush()
        return {role: scratch / f"{manifest.name}.npy" for role, manifest in self._gate.items()}

    def _parity_set(self, folder: Path) -> PreparedSet:
        return PreparedSet.prepare(
            self._photographs,
            self._photographs.parity,
            self._gate[Role.MAP].preprocessing,
            [manifest.preprocessing for manifest in self._gate.values()],
            folder,
            lambda done, of: self._tell(f"preparing photographs to measure on, {done} of {of}"),
        )

    def _make_all(
        self, variants: Sequence[Variant], pixels: dict[Role, Path]
    ) -> dict[tuple[str, Role], Made | str | None]:
        made: dict[tuple[str, Role], Made | str | None] = {}
        for role, manifest in self._gate.items():
            files = Files(self._python, self._fp32[role], pixels[role], partial(self.graph_of, manifest.name))
            for variant in variants:
                self._tell(f"{manifest.name}: quantizing, {variant.name}")
                made[variant.name, role] = make(variant, files)
        return made

    def _measure_all(
        self,
        variants: Sequence[Variant],
        made: dict[tuple[str, Role], Made | str | None],
        parity: Parity,
        photographs: PreparedSet,
    ) -> tuple[list[Row], dict[str, Flips]]:
        rows, together = [], {}
        for variant in variants:
            outputs: dict[Role, Outputs] = {}
            for role, manifest in self._gate.items():
                told = made[variant.name, role]
                if isinstance(told, str):
                    rows.append(Row(variant.name, manifest.name, failed=told))
                    continue
                self._tell(f"{manifest.name}: measuring, {variant.name}")
                try:
                    outputs[role] = self._run(self.graph_of(manifest.name, variant.name), manifest, photographs)
                except BackendError as error:
                    rows.append(Row(variant.name, manifest.name, failed=str(error), made=told))
                    continue
                rows.append(self._row(variant, role, told, parity, outputs[role]))
            if len(outputs) == len(self._gate):
                together[variant.name] = parity.flips(outputs)[0]
        return rows, together

    def _run(self, graph: Path, manifest: ModelManifest, photographs: PreparedSet) -> Outputs:
        kept = self._out / "outputs"
        kept.mkdir(exist_ok=True)
        which = " ".join(entry.sha256 for entry in self._photographs.parity)
        return run_once(graph, manifest, photographs, which, kept)

    def _row(self, variant: Variant, role: Role, made: Made | None, parity: Parity, outputs: Outputs) -> Row:
        name = self._gate[role].name
        path = self.graph_of(name, variant.name)
        view = GraphView.read(path)
        figures, over = parity.figures(role, outputs)
        flips, flips_over = parity.flips({role: outputs})
        if variant.for_tensorrt:
            self._tell(f"{name}: building with TensorRT-RTX, {variant.name}")
        return Row(
            variant.name,
            name,
            failed=None,
            made=made,
            bytes=path.stat().st_size,
            opset=view.opset,
            pairs=pairs_by_reader(view),
            per_tensor_weights=per_tensor_weights(view),
            figures=figures,
            flips=flips,
            over_budget=[*over, *flips_over],
            coverage=coverage(path, view) if variant.for_tensorrt else None,
        )

    def _timed(
        self, rows: list[Row], photographs: PreparedSet, rounds: int, threads: int
    ) -> tuple[list[Row], dict[str, float]]:
        times: dict[tuple[str, str], list[float]] = {}
        for role, manifest in self._gate.items():
            self._tell(f"{manifest.name}: timing")
            graphs = {"fp32": self._fp32[role]}
            mine = [row for row in rows if row.network == manifest.name and row.failed is None]
            graphs |= {row.variant: self.graph_of(row.network, row.variant) for row in mine}
            image = next(iter(photographs.inputs(manifest.preprocessing)))
            for name, spent in milliseconds(graphs, image, rounds, threads).items():
                times[name, manifest.name] = spent
        fp32 = {manifest.name: statistics.median(times["fp32", manifest.name]) for manifest in self._gate.values()}
        return [_with_times(row, times) for row in rows], fp32

    def _range_kept(self, rows: Sequence[Row]) -> dict[str, dict[str, dict[str, float]]]:
        """By network and variant, where there is a variant that clips nothing to compare with."""
        kept: dict[str, dict[str, dict[str, float]]] = {}
        there = [row for row in rows if row.failed is None]
        for unclipped in (row for row in there if row.variant == UNCLIPPED):
            largest = self._scales(unclipped)
            kept[unclipped.network] = {
                row.variant: compared(self._scales(row), largest)
                for row in there
                if row.network == unclipped.network and row.coverage is not None and row is not unclipped
            }
        return kept

    def _scales(self, row: Row) -> dict[str, float]:
        return activation_scales(GraphView.read(self.graph_of(row.network, row.variant)))


def _with_times(row: Row, times: dict[tuple[str, str], list[float]]) -> Row:
    if (row.variant, row.network) not in times:
        return row
    spent = times[row.variant, row.network]
    return replace(row, milliseconds=statistics.median(spent), speed=ratio(times["fp32", row.network], spent))
