"""One order: the camera's photographs in, figures before and after, and weights where they are surely better."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from safetensors import safe_open

from fundusgate.models import build
from fundusgate.models.weights import read_card
from fundusgate.runtime.profile import Profile
from fundusgate.training.adaptation.camera import AdaptationError, read_camera
from fundusgate.training.adaptation.figures import LEAST_GAIN, SURE, Measure, Told, judged
from fundusgate.training.adaptation.map_tuning import STEPS, tuned
from fundusgate.training.adaptation.memory import memory_of
from fundusgate.training.adaptation.outcome import Adaptation, AdaptationOrder, Candidate
from fundusgate.training.adaptation.score_tuning import (
    ScoreViews,
    fit_affine,
    head_tuned,
    opinions_of,
    score_views,
    with_affine,
)
from fundusgate.training.adaptation.views import Views, camera_views, last_block, remembered_views, views_each
from fundusgate.training.adaptation.work import Work
from fundusgate.training.judging import MAP_NETWORK
from fundusgate.training.run import write_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.models.fthnet import FTHNet
    from fundusgate.training.adaptation.camera import CameraSet
    from fundusgate.training.adaptation.figures import Judged

    Stage = Callable[[str, int], Callable[[], None]]

RECIPE = 2
"""Grows when a step changes, so that kept work of another form is never gone on with."""
REMEMBERED_SEED, UNSEEN_SEED = 60_000, 61_000


def adapt(order: AdaptationOrder, stage: Stage = lambda _name, _total: lambda: None) -> Adaptation:
    """Adapt both networks to a camera, or leave them where that gains nothing.

    Every figure after adaptation is of photographs whose patients the weights had not learnt from; the weights that are
    written then learn from all. Only weights whose merit (`Figures.merit`) rises, and in ``SURE`` of the resamples of
    the patients, are written.

    Args:
        order: What to do.
        stage: Called with a stage's name and length; what it gives is called at each step.

    Raises:
        AdaptationError: The photographs or the weights cannot serve.
        LabelsError: The labels cannot be read.
        CheckpointError: Weights do not fit.
        OSError: A file cannot be read or written.
    """
    torch.set_num_threads(order.threads)
    for weights in (order.map_weights, order.score_weights):
        if read_card(weights).framing != "disc":
            raise AdaptationError(
                f"{weights.name} was not trained on the framed disc: only weights that frame it can be adapted"
            )
    edge = cast("EfiqaCpEdge", build(MAP_NETWORK, order.map_weights))
    fthnet = cast("FTHNet", build(order.score_name, order.score_weights))
    camera = read_camera(order.data, _counted(stage, "reading"))
    return _Run(order, camera, edge, fthnet, stage).adaptation()


class _Run:
    """One order under way."""

    def __init__(
        self, order: AdaptationOrder, camera: CameraSet, edge: EfiqaCpEdge, fthnet: FTHNet, stage: Stage
    ) -> None:
        self.order, self.camera, self.edge, self.fthnet, self.stage = order, camera, edge, fthnet, stage
        self.photographs = camera.photographs
        self.labels = [each.quality for each in self.photographs]
        self.work = Work(order.out / "work", _identity(order, camera))
        self.profile = _profile(order)
        self.measure = Measure(self.labels, camera.patients)
        self.folds = camera.folds(order.folds, order.seed)

    def adaptation(self) -> Adaptation:
        """Every candidate in turn, and what is kept of them."""
        opinions = self._opinions()
        views = self._views()
        remembered = self._remembered("remembered", REMEMBERED_SEED)
        each = views_each(self.photographs)
        plain = views.at(torch.arange(len(self.photographs)) * each)
        maps = _maps(plain.map_before, plain.retina_before)
        before = self._judged(maps, opinions)
        candidates = [Candidate("as they were", "before", "", self.measure.figures(before), chosen=True)]
        written: dict[str, Path] = {}

        tuned_maps = self._tuned_maps(views, plain, remembered)
        after = self._judged(tuned_maps, opinions)
        candidate = self._candidate("the map's last block", "map adapted", MAP_NETWORK, before, after)
        if candidate.chosen:
            network = self._final_map(views, remembered)
            lost = self._lost(network)
            if lost:
                candidate = replace(candidate, chosen=False, why=f"what it knew is lost: {lost}")
            else:
                written[MAP_NETWORK] = self._write(MAP_NETWORK, network, self.order.map_weights)
                maps, before = tuned_maps, after
        candidates.append(candidate)

        for name, short, make, calibrated in self._score_candidates(opinions):
            after = self._judged(maps, calibrated)
            candidate = self._candidate(name, short, self.order.score_name, before, after)
            if candidate.chosen:
                written[self.order.score_name] = self._write(self.order.score_name, make(), self.order.score_weights)
                before = after
            candidates.append(candidate)
        self.work.done()
        return Adaptation(self.camera, candidates, self.measure.figures(before), written)

    def _candidate(self, name: str, short: str, network: str, before: Judged, after: Judged) -> Candidate:
        gain, sure = self.measure.gain(before, after)
        chosen = gain >= LEAST_GAIN and sure >= SURE
        why = "" if chosen else "no gain" if gain < LEAST_GAIN else f"the gain is not sure ({sure:.0%} of resamples)"
        return Candidate(name, short, network, self.measure.figures(after), gain, sure, chosen, why)

    def _judged(self, maps: Sequence[tuple[NDArray[np.float32], float]], opinions: Sequence[float]) -> Judged:
        told = [Told(degraded, retina, opinion) for (degraded, retina), opinion in zip(maps, opinions, strict=True)]
        return judged(self.photographs, told, self.profile)

    def _opinions(self) -> list[float]:
        advance = self.stage("scores before", 1)
        kept = self.work.kept("opinions", lambda: {"of": torch.tensor(opinions_of(self.fthnet, self.photographs))})
        advance()
        return [float(value) for value in kept["of"]]

    def _views(self) -> Views:
        advance = self.stage("views", views_each(self.photographs) * len(self.photographs))
        return Views(
            **self.work.kept("views", lambda: vars(camera_views(self.edge, self.photographs, self.order.seed, advance)))
        )

    def _remembered(self, name: str, seed: int) -> Views:
        advance = self.stage("phantom eyes", 1)
        kept = Views(**self.work.kept(name, lambda: vars(remembered_views(self.edge, seed + self.order.seed))))
        advance()
        return kept

    def _rest(self, held: Sequence[int]) -> list[int]:
        return sorted(set(range(len(self.photographs))) - set(held))

    def _tuned_maps(self, views: Views, plain: Views, remembered: Views) -> list[tuple[NDArray[np.float32], float]]:
        advance = self.stage("map, cross-validated", STEPS * len(self.folds))
        logits, retinas = plain.map_before.clone(), plain.retina_before.clone()
        for number, held in enumerate(self.folds):

            def fold(held: Sequence[int] = held, number: int = number) -> dict[str, Tensor]:
                learnt = views.of(self._rest(held))
                network = tuned(self.edge, learnt, remembered, self.order.seed + number, advance)
                with torch.inference_mode():
                    maps, seen = last_block(network, plain.at(torch.tensor(held)).features.float())
                return {"maps": maps, "retinas": seen}

            kept = self.work.kept(f"map-fold-{number}", fold)
            logits[held], retinas[held] = kept["maps"], kept["retinas"]
        return _maps(logits, retinas)

    def _final_map(self, views: Views, remembered: Views) -> EfiqaCpEdge:
        advance = self.stage("map, all photographs", STEPS)
        state = self.work.kept(
            "map-final",
            lambda: dict(tuned(self.edge, views, remembered, self.order.seed, advance).state_dict()),
        )
        network = cast("EfiqaCpEdge", build(MAP_NETWORK))
        network.load_state_dict(state)
        return network

    def _lost(self, network: EfiqaCpEdge) -> str:
        unseen = self._remembered("unseen", UNSEEN_SEED)
        limit = self.profile.retina.network
        return memory_of(self.edge, unseen, limit).lost(memory_of(network, unseen, limit))

    def _score_candidates(self, opinions: Sequence[float]) -> list[tuple[str, str, Callable[[], FTHNet], list[float]]]:
        calibrated = list(opinions)
        for held in self.folds:
            rest = self._rest(held)
            affine = fit_affine([opinions[place] for place in rest], [self.labels[place] for place in rest])
            for place in held:
                calibrated[place] = affine.of(opinions[place])
        final = fit_affine(opinions, self.labels)
        name = f"the score as {final.slope:.2f} x score {final.offset:+.1f}"
        found: list[tuple[str, str, Callable[[], FTHNet], list[float]]] = [
            (name, "score calibrated", lambda: with_affine(self.fthnet, final), calibrated)
        ]
        if self.order.tune_score:
            views = self._score_views()
            found.append(
                (
                    "the score's hypernetwork",
                    "score adapted",
                    lambda: head_tuned(self.fthnet, views, self.order.seed),
                    self._tuned_scores(views),
                )
            )
        return found

    def _score_views(self) -> ScoreViews:
        advance = self.stage("views for the score", views_each(self.photographs) * len(self.photographs))
        return ScoreViews(
            **self.work.kept(
                "score-views", lambda: vars(score_views(self.fthnet, self.photographs, self.order.seed, advance))
            )
        )

    def _tuned_scores(self, views: ScoreViews) -> list[float]:
        advance = self.stage("score, cross-validated", STEPS * len(self.folds))
        each = views_each(self.photographs)
        scores = torch.zeros(len(self.photographs))
        for number, held in enumerate(self.folds):

            def fold(held: Sequence[int] = held, number: int = number) -> dict[str, Tensor]:
                network = head_tuned(self.fthnet, views.of(self._rest(held)), self.order.seed + number, advance)
                plain = views.at(torch.tensor(held) * each)
                with torch.inference_mode():
                    return {"scores": 100 * network.judge(plain.semantic.float(), plain.distortion)}

            scores[held] = self.work.kept(f"score-fold-{number}", fold)["scores"]
        return [float(value) for value in scores]

    def _write(self, name: str, network: torch.nn.Module, before: Path) -> Path:
        self.order.out.mkdir(parents=True, exist_ok=True)
        return write_weights(network, self.order.out / f"{name}.safetensors", _card(before, self.camera))


def _counted(stage: Stage, name: str) -> Callable[[int, int], None]:
    advance: list[Callable[[], None]] = []

    def tell(_done: int, every: int) -> None:
        if not advance:
            advance.append(stage(name, every))
        advance[0]()

    return tell


def _maps(logits: Tensor, retinas: Tensor) -> list[tuple[NDArray[np.float32], float]]:
    return [
        (each.sigmoid().numpy().astype(np.float32), float(retina))
        for each, retina in zip(logits, retinas.sigmoid(), strict=True)
    ]


def _identity(order: AdaptationOrder, camera: CameraSet) -> str:
    rows = [
        f"{each.name} {each.patient} {each.quality.value} {each.framed.map_input.sum()}" for each in camera.photographs
    ]
    weights = [read_card(path).sha256 for path in (order.map_weights, order.score_weights)]
    return "\n".join([str(RECIPE), str(order.seed), str(order.folds), *weights, *rows])


def _profile(order: AdaptationOrder) -> Profile:
    profile = Profile.load(order.profile)
    points = read_card(order.map_weights).thresholds
    if order.profile is not None or "map" not in points:
        return profile
    content = profile.model_dump()
    content["map"]["cell"] = points["map"]
    return Profile.model_validate(content)


def _card(before: Path, camera: CameraSet) -> dict[str, str]:
    """The old weights' own card, and what was added to them."""
    old = read_card(before)
    with safe_open(before, framework="pt") as stream:
        said = dict(stream.metadata() or {})
    counts = ", ".join(f"{count} {label}" for label, count in camera.counts().items())
    return said | {
        "framing": "disc",
        "version": f"{old.version}-adapted-{date.today():%Y.%m.%d}",
        "data": f"{old.data}; adapted to one camera by {len(camera.photographs)} photographs ({counts})",
        "adapted_from": old.sha256,
    }
