"""From networks in fp32 to the other precisions of a bundle, each held to the accuracy budget."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime

from fundusgate.calibration.cache import calibrated_ranges
from fundusgate.export.accuracy.figures import MapFigures
from fundusgate.export.accuracy.photographs import PreparedSet
from fundusgate.export.accuracy.reports import BudgetError
from fundusgate.export.accuracy.search import Network, Search
from fundusgate.export.accuracy.tell import AccuracyReport
from fundusgate.export.quantization.targets import TARGETS, Target, tensors_to_calibrate
from fundusgate.export.saving import save_graph
from fundusgate.export.specs import ExportError
from fundusgate.runtime.manifest import Framing, ParityFigures, Preprocessing, Role, VerdictFlips
from fundusgate.runtime.networks import with_working_points
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from fundusgate.runtime.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import onnx

    from fundusgate.calibration.manifest import CalibrationManifest
    from fundusgate.calibration.ranges import Method
    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.accuracy.reports import NetworkReport, TargetReport
    from fundusgate.export.pipeline import Exported
    from fundusgate.runtime.manifest import GraphEntry, ModelManifest, Precision

RANKED_ON = 24
"""Photographs of the calibration set that layers are ranked on when a precision breaks the budget."""
CORRECTED_ON = 128
"""Photographs of the calibration set, spread over it, that a score's mean error is learnt from."""

CUES_ALONE = Preprocessing(version=PREPROCESSING_VERSION, framing=Framing.DISC, size=512)
"""How a photograph is framed for the cues where no map network is exported."""


@dataclass(frozen=True)
class Quantization:
    """How to make the other precisions."""

    manifest: CalibrationManifest
    method: Method
    budget: Budget
    cache: Path
    """Folder of collected ranges."""
    report: Path
    """Folder for the accuracy report; written also when the budget is broken."""
    targets: tuple[Target, ...] = TARGETS
    """The precisions."""

    def check(self) -> None:
        """Refuse what cannot succeed before any work is done.

        Raises:
            ExportError: The parity set is too small to prove the budget.
        """
        held, needed = len(self.manifest.parity), self.budget.least_photographs()
        if held < needed:
            raise ExportError(
                f"the parity set holds {held} photographs: even without a flip they leave the share of flips uncertain"
                f" beyond {100 * self.budget.flips_upper:g} %; at least {needed} prove it. Add photographs, or state"
                " another flips_upper in --budget"
            )

    def add_to(
        self, folder: Path, exported: Sequence[Exported], tell: Callable[[str], None] = lambda _step: None
    ) -> list[ModelManifest]:
        """Write every precision of every network beside its fp32 graph.

        Args:
            folder: Where the bundle is being made.
            exported: The networks in fp32.
            tell: Called with a sentence before every step.

        Returns:
            The networks' manifests with the added graphs, the calibration's hash and what was measured.

        Raises:
            BudgetError: A precision costs more than the budget allows; the report is written.
            ValueError: A photograph is gone, or a tensor was not finite.
            BackendError: A graph gives values that are not finite.
            OSError: The disk refused.
        """
        reports: list[TargetReport] = []
        graphs: dict[Precision, dict[str, onnx.ModelProto]] = {}
        # In the bundle's own folder, so that the export after a killed one clears hundreds of megabytes away with it.
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=folder) as scratch:
            networks = [self._calibrate(item, Path(scratch), tell) for item in exported]
            search = self._search(networks, Path(scratch), tell)
            try:
                for target in self.targets:
                    report, graphs[target.precision] = search.settle(target)
                    reports.append(report)
            except BudgetError as error:
                reports.append(error.report)
                raise
            finally:
                if reports:
                    tell("writing the accuracy report")
                    self._report(reports).write(self.report)
        manifests = []
        for network in networks:
            entries = {}
            for precision, made in graphs.items():
                path = folder / f"{network.name}.{precision.value}.onnx"
                entries[precision] = save_graph(made[network.name], path)
            manifests.append(self._describe(network, entries, dict(zip(graphs, reports, strict=True))))
        return manifests

    def _calibrate(self, exported: Exported, scratch: Path, tell: Callable[[str], None]) -> Network:
        manifest = exported.manifest
        ranges = calibrated_ranges(
            exported.model,
            tensors_to_calibrate(exported.model),
            self.manifest,
            manifest.preprocessing,
            self.method,
            self.cache,
            lambda done, of: tell(f"{manifest.name}: calibrating, {done} of {of} photographs"),
            scratch,
        )
        return Network(manifest, exported.model, ranges)

    def _search(self, networks: Sequence[Network], scratch: Path, tell: Callable[[str], None]) -> Search:
        gate = {network.manifest.role: network.manifest for network in reversed(networks)}
        map_how = gate[Role.MAP].preprocessing if Role.MAP in gate else CUES_ALONE
        hows = [network.manifest.preprocessing for network in networks]
        parity = PreparedSet.prepare(
            self.manifest,
            self.manifest.parity,
            map_how,
            hows,
            scratch / "parity",
            lambda done, of: tell(f"preparing photographs to measure on, {done} of {of}"),
        )
        ranking = PreparedSet.prepare(
            self.manifest, self.manifest.calibration[:RANKED_ON], map_how, hows, scratch / "ranking"
        )
        every = self.manifest.calibration
        spread = every[:: max(1, len(every) // CORRECTED_ON)][:CORRECTED_ON] if Role.SCORE in gate else ()
        correction = PreparedSet.prepare(self.manifest, spread, map_how, hows, scratch / "correction")
        profile = with_working_points(Profile.load(), gate)
        return Search(networks, parity, ranking, correction, profile, self.budget, scratch, tell)

    def _report(self, reports: Sequence[TargetReport]) -> AccuracyReport:
        return AccuracyReport(
            calibration_sha256=self.manifest.sha256,
            method=self.method.value,
            budget=self.budget,
            engine=f"ONNX Runtime {onnxruntime.__version__} on a processor",
            targets=tuple(reports),
        )

    def _describe(
        self, network: Network, entries: Mapping[Precision, GraphEntry], reports: Mapping[Precision, TargetReport]
    ) -> ModelManifest:
        own = {
            precision: next(item for item in report.networks if item.name == network.name)
            for precision, report in reports.items()
        }
        manifest = network.manifest
        parity = {precision: _parity(report) for precision, report in own.items()}
        return manifest.model_copy(
            update={
                "files": {**manifest.files, **entries},
                "calibration_sha256": self.manifest.sha256,
                "parity": {**manifest.parity, **parity},
            }
        )


def _parity(report: NetworkReport) -> ParityFigures:
    figures = report.figures
    named = {"mean": figures.mean, "p99": figures.p99}
    if isinstance(figures, MapFigures):
        named["dice"] = figures.dice
    else:
        named |= {"srcc": figures.srcc, "plcc": figures.plcc}
    if report.bias_correction is not None:
        named["bias_correction"] = report.bias_correction
    total = report.flips.total
    return ParityFigures(
        reference="fp32",
        images=total.trials,
        max_abs_difference=report.largest,
        figures=named,
        verdict_flips=VerdictFlips(flipped=total.hits, photographs=total.trials, upper=total.high),
    )
