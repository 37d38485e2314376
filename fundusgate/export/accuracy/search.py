"""Bring one precision within the budget: measure, put the layers that hurt most back in float, measure again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import onnx

from fundusgate.export.accuracy.figures import flips, map_figures, score_figures
from fundusgate.export.accuracy.half_range import beyond_half, half_violations
from fundusgate.export.accuracy.reports import (
    BudgetError,
    NetworkReport,
    TargetReport,
    figure_violations,
    flip_violations,
    worst_network,
)
from fundusgate.export.accuracy.verdicts import maps, scores, verdicts
from fundusgate.export.quantization.bias_correction import shifted
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.manifest import Role
from fundusgate.runtime.outputs import output_that_means

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.codes import Verdict
    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.accuracy.figures import MapFigures, ScoreFigures
    from fundusgate.export.accuracy.photographs import PreparedSet
    from fundusgate.export.accuracy.verdicts import Outputs
    from fundusgate.export.quantization.rules import Rule
    from fundusgate.export.quantization.targets import Target
    from fundusgate.runtime.manifest import ModelManifest
    from fundusgate.runtime.profile import Profile


@dataclass(frozen=True, eq=False)
class Network:
    """One network before it is quantized."""

    manifest: ModelManifest
    model: onnx.ModelProto
    """fp32, simplified, shapes inferred."""
    ranges: Mapping[str, TensorRange]

    @property
    def name(self) -> str:
        """Its name in the bundle."""
        return self.manifest.name


@dataclass(eq=False)
class _State:
    network: Network
    graph: onnx.ModelProto
    outputs: Outputs
    put_back: list[str] = field(default_factory=list)
    correction: float | None = None
    ranking: list[tuple[str, float]] = field(default_factory=list)


class Search:
    """Measures precisions of some networks on some photographs.

    Args:
        networks: The first of a role is the one that the gate runs.
        parity: Photographs to measure on.
        ranking: A few photographs of the calibration set, to rank layers on; the parity set stays unseen by the choice.
        correction: More photographs of the calibration set, to learn a quantized score's mean error from.
        profile: The gate's thresholds, with these networks' working points.
        budget: What a precision may cost.
        folder: For graphs that are tried.
        tell: Called with a sentence before every step.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        parity: PreparedSet,
        ranking: PreparedSet,
        correction: PreparedSet,
        profile: Profile,
        budget: Budget,
        folder: Path,
        tell: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._networks = list(networks)
        self._parity, self._ranking, self._correction = parity, ranking, correction
        self._profile, self._budget = profile, budget
        self._folder, self._tell = folder, tell
        self._gate = {network.manifest.role: network for network in reversed(self._networks)}
        self._manifests = {role: network.manifest for role, network in self._gate.items()}
        self._settled: dict[tuple[Rule, ...], list[_State]] = {}
        self._half: dict[str, list[str]] = {}
        self._reference: dict[str, Outputs] = {}
        self._fp32: dict[str, Outputs] = {}
        for network in self._networks:
            tell(f"{network.name}: fp32 on {len(parity.photographs)} photographs")
            self._reference[network.name] = self._run(network, network.model, parity)
        self._verdicts = self._judge({role: self._reference[item.name] for role, item in self._gate.items()})

    def settle(self, target: Target) -> tuple[TargetReport, dict[str, onnx.ModelProto]]:
        """Make a precision that keeps the budget.

        Layers are put back by doubling: one, then two, then four, the worst first, of the network that breaks the
        budget, or else of the one that flips most verdicts. A target whose rules an earlier one shared begins with the
        layers that were put back there.

        Returns:
            The report, and each network's graph by name.

        Raises:
            BudgetError: No layers are left to put back.
            BackendError: A graph gives values that are not finite.
        """
        states = self._first(target)
        while True:
            report = self._report(target, states)
            if report.within_budget:
                if target.rules is not None:
                    self._settled[target.rules] = states
                return report, {state.network.name: state.graph for state in states}
            index = self._next_to_mend(target, states, report)
            if index is None:
                raise BudgetError(report)
            state = states[index]
            left = [name for name, _ in state.ranking if name not in state.put_back]
            put_back = [*state.put_back, *left[: max(1, len(state.put_back))]]
            states[index] = self._made(state.network, target, put_back)
            states[index].ranking = state.ranking

    def _first(self, target: Target) -> list[_State]:
        known = () if target.rules is None else self._settled.get(target.rules, ())
        if not known:
            return [self._made(network, target, []) for network in self._networks]
        states = [self._made(state.network, target, state.put_back) for state in known]
        for state, earlier in zip(states, known, strict=True):
            state.ranking = earlier.ranking
        return states

    def _made(self, network: Network, target: Target, put_back: list[str]) -> _State:
        put = f" with {len(put_back)} layers put back in float" if put_back else ""
        self._tell(f"{network.name}: {target.precision.value}{put} on {len(self._parity.photographs)} photographs")
        graph = target.make(network.model, network.ranges, put_back)
        correction = None
        if target.rules is not None and network.manifest.role is Role.SCORE:
            graph, correction = self._corrected(network, graph)
        return _State(network, graph, self._run(network, graph, self._parity), put_back, correction)

    def _corrected(self, network: Network, graph: onnx.ModelProto) -> tuple[onnx.ModelProto, float | None]:
        """The graph without its score's mean error, and how many points that was; None where it cannot be taken out."""
        count = len(self._correction.photographs)
        self._tell(f"{network.name}: its mean error on {count} calibration photographs")
        if network.name not in self._fp32:
            self._fp32[network.name] = self._run(network, network.model, self._correction)
        score = output_that_means(network.manifest, "mean_opinion_score")
        wanted = self._fp32[network.name][score.name]
        found = self._run(network, graph, self._correction)[score.name]
        missing = float((wanted - found).mean(dtype=np.float64))
        moved = shifted(graph, score.name, missing)
        return (graph, None) if moved is None else (moved, score.scale * missing)

    def _next_to_mend(self, target: Target, states: list[_State], report: TargetReport) -> int | None:
        for worst in worst_network(report.networks):
            index = next(place for place, state in enumerate(states) if state.network.name == worst.name)
            state = states[index]
            if not state.ranking:
                state.ranking = self._rank(state.network, target)
            if len(state.put_back) < len(state.ranking):
                return index
        return None

    def _rank(self, network: Network, target: Target) -> list[tuple[str, float]]:
        """Layers by what quantizing each alone does to the outputs on average, the worst first."""
        layers = target.plan(network.model).quantized
        reference = self._run(network, network.model, self._ranking)
        costs = []
        for number, layer in enumerate(layers, start=1):
            self._tell(f"{network.name}: {target.precision.value}, what layer {number} of {len(layers)} costs alone")
            others = [name for name in layers if name != layer]
            measured = self._run(network, target.make(network.model, network.ranges, others), self._ranking)
            costs.append((layer, _apart(network, reference, measured)))
        return sorted(costs, key=lambda item: -item[1])

    def _report(self, target: Target, states: Sequence[_State]) -> TargetReport:
        networks = tuple(self._network_report(target, state) for state in states)
        by_name = {state.network.name: state.outputs for state in states}
        together = flips(
            self._parity,
            self._verdicts,
            self._judge({role: by_name[network.name] for role, network in self._gate.items()}),
        )
        return TargetReport(
            precision=target.precision.value,
            photographs=len(self._parity.photographs),
            networks=networks,
            flips=together,
            violations=tuple(flip_violations(together, self._budget)),
        )

    def _network_report(self, target: Target, state: _State) -> NetworkReport:
        network = state.network
        reference = self._reference[network.name]
        role = network.manifest.role
        partners = {other: self._reference[item.name] for other, item in self._gate.items() if other is not role}
        manifests = self._manifests | {role: network.manifest}
        before = self._judge(partners | {role: reference}, manifests)
        own = flips(self._parity, before, self._judge(partners | {role: state.outputs}, manifests))
        figures: ScoreFigures | MapFigures
        uncorrected = None
        if role is Role.SCORE:
            figures = score_figures(network.manifest, reference, state.outputs)
            if state.correction is not None:
                score = output_that_means(network.manifest, "mean_opinion_score")
                raw = state.outputs[score.name] - np.float32(state.correction / score.scale)
                uncorrected = score_figures(network.manifest, reference, {score.name: raw.astype(np.float32)})
            pairs = scores(network.manifest, reference), scores(network.manifest, state.outputs)
        else:
            threshold = self._profile.map.cell
            figures = map_figures(network.manifest, reference, state.outputs, self._parity, threshold)
            pairs = self._cells(network, reference), self._cells(network, state.outputs)
        plan = target.plan(network.model, state.put_back)
        return NetworkReport(
            name=network.name,
            figures=figures,
            flips=own,
            quantized=plan.quantized,
            in_float=dict(plan.in_float),
            ranking=tuple(state.ranking),
            violations=(
                *figure_violations(figures, self._budget),
                *flip_violations(own, self._budget),
                *(self._half_violations(network) if target.half else ()),
            ),
            largest={name: float(np.abs(reference[name] - state.outputs[name]).max()) for name in reference},
            pairs=pairs,
            bias_correction=state.correction,
            uncorrected=uncorrected,
        )

    def _half_violations(self, network: Network) -> list[str]:
        if network.name not in self._half:
            self._tell(
                f"{network.name}: whether half precision holds it, on {len(self._ranking.photographs)} photographs"
            )
            images = self._ranking.inputs(network.manifest.preprocessing)
            self._half[network.name] = half_violations(beyond_half(network.model, images, self._folder))
        return self._half[network.name]

    def _cells(self, network: Network, outputs: Outputs) -> NDArray[np.float64]:
        seen = zip(self._parity.photographs, maps(network.manifest, outputs), strict=True)
        return np.concatenate([degraded[photograph.cells] for photograph, (degraded, _) in seen]).astype(np.float64)

    def _judge(
        self, outputs: Mapping[Role, Outputs], manifests: Mapping[Role, ModelManifest] | None = None
    ) -> list[Verdict]:
        return verdicts(self._parity, self._profile, manifests or self._manifests, outputs)

    def _run(self, network: Network, graph: onnx.ModelProto, photographs: PreparedSet) -> Outputs:
        path = self._folder / "tried.onnx"
        onnx.save(graph, path)
        gathered: dict[str, list[NDArray[np.float32]]] = {output.name: [] for output in network.manifest.outputs}
        with OnnxRuntimeBackend(path) as backend:
            for image in photographs.inputs(network.manifest.preprocessing):
                for name, value in backend.infer(image).items():
                    gathered[name].append(value)
        return {name: np.stack(values) for name, values in gathered.items()}


def _apart(network: Network, reference: Outputs, measured: Outputs) -> float:
    """Mean absolute difference of the outputs on their reported scales, added up."""
    return sum(
        output.scale * float(np.abs(reference[output.name] - measured[output.name]).mean())
        for output in network.manifest.outputs
    )
