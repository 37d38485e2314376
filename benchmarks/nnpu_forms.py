"""Both forms of nnPU and the prior: swept, and estimated, on cells whose truth is known.

    python benchmarks/nnpu_forms.py PHOTOGRAPHS [--weights FILE] [--each 150] [--json FILE]

PHOTOGRAPHS holds labels.csv. Cells of readable photographs (``--sources``) are described by the map network's own
features. Positives are cells that training's made faults hide; the unlabelled are cells of other photographs, a known
share of which is hidden by another generator's faults (that of first_light.py). A small head learns from both by each
form and prior; it is asked about further photographs of the same kind. The share of hidden cells is then estimated in
mixtures of known share, from the map network's own word, as `fundusgate visibility prior` does.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import torch
from first_light import FAULTS, Report, cell_truth, locally_faulty, sample
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
from torch import Tensor, nn

from fundusgate.models import build
from fundusgate.models.weights import shipped_weights
from fundusgate.phantom.faults import degrade_locally
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.preprocessing import frame_disc, inside_cells
from fundusgate.training.class_prior import best_bin, mean_ratio
from fundusgate.training.losses import NegativeRisk, nnpu
from fundusgate.training.photographs import Quality, read_records
from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge

SIDE = 512
PRIORS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
STEPS = 400


@dataclass(frozen=True)
class Cells:
    """Features N x C of cells inside the disc, the map network's own word on each, 0..1, and whether it is hidden."""

    features: Tensor
    word: Tensor
    hidden: Tensor

    def chosen(self, which: Tensor) -> Cells:
        """Some of them, by index or mask."""
        return Cells(self.features[which], self.word[which], self.hidden[which])

    def thinned(self, share: float, rng: np.random.Generator) -> Cells:
        """As many visible cells, and of the hidden ones so many that they are ``share`` of all."""
        visible, hidden = (torch.nonzero(self.hidden == kind).flatten() for kind in (False, True))
        wanted = min(len(hidden), round(share / (1 - share) * len(visible)))
        kept = torch.cat([visible, hidden[torch.from_numpy(rng.permutation(len(hidden))[:wanted])]])
        return self.chosen(kept)


class Describer:
    """The map network up to its head: 160 numbers a cell, beside the picture's mean."""

    def __init__(self, weights: Path) -> None:
        self._network = cast("EfiqaCpEdge", build("efiqa-cp-edge", weights).eval())

    @torch.inference_mode()
    def cells(self, rgb: NDArray[np.uint8], hidden: NDArray[np.float32], inside: NDArray[np.bool_]) -> Cells:
        """Cells of a framed photograph that are hidden by half or by nothing, given each cell's hidden share."""
        image = normalised(torch.from_numpy(rgb)[None])
        word = torch.sigmoid(self._network.outputs(image).map_logits)[0, 0]
        features = self._network.features(image)
        features = torch.cat([features, features.mean((2, 3), keepdim=True).expand_as(features)], 1)[0]
        chosen = torch.from_numpy(inside_cells(inside) & ((hidden >= 0.5) | (hidden <= 0.05)))
        return Cells(features.permute(1, 2, 0), word, torch.from_numpy(hidden >= 0.5)).chosen(chosen)


def joined(parts: list[Cells]) -> Cells:
    """All of them."""
    return Cells(
        torch.cat([part.features for part in parts]),
        torch.cat([part.word for part in parts]),
        torch.cat([part.hidden for part in parts]),
    )


def positives(describer: Describer, paths: list[Path]) -> Cells:
    """Cells that training's own faults hide."""
    parts = []
    for index, path in enumerate(paths):
        square = framed(path)
        fault = degrade_locally(square[0], square[1], index, 0.3 + 0.7 * (index % 7) / 6)
        share = cv2.resize(fault.hidden.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
        told = describer.cells(fault.rgb, np.asarray(share, np.float32), square[1])
        parts.append(told.chosen(told.hidden))
    return joined(parts)


def mixed(describer: Describer, paths: list[Path], seed: int) -> Cells:
    """Cells of photographs half of which have a fault of the other generator."""
    parts = []
    for index, path in enumerate(paths):
        rgb, inside = framed(path)
        hidden = np.zeros((16, 16), np.float32)
        if index % 2 == 0:
            rgb, weight = locally_faulty(rgb, FAULTS[index // 2 % len(FAULTS)], seed + index)
            rgb[~inside] = 0
            hidden = cell_truth(weight, (0, 0, SIDE, SIDE))
        parts.append(describer.cells(rgb, hidden, inside))
    return joined(parts)


def framed(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The square about the disc at 512 pixels, and what lies inside."""
    rgb = read_photograph(path)
    square = frame_disc(rgb, find_disc(rgb), SIDE)
    return square.rgb, square.inside


def head_of(channels: int, seed: int) -> nn.Sequential:
    """One hidden layer: enough to fit the positives by heart."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(channels, 64), nn.ReLU(), nn.Linear(64, 1))


def learnt(positive: Tensor, unlabelled: Tensor, prior: float, form: NegativeRisk, seed: int) -> tuple[nn.Module, int]:
    """A head that learnt from both, and on how many of its steps the unlabelled risk was negative."""
    head = head_of(positive.shape[1], seed)
    optimizer = torch.optim.AdamW(head.parameters(), 2e-3)
    rng = torch.Generator().manual_seed(seed)
    negative = 0
    for _ in range(STEPS):
        p = positive[torch.randint(len(positive), (128,), generator=rng)]
        u = unlabelled[torch.randint(len(unlabelled), (1024,), generator=rng)]
        logits = head(torch.cat([p, u]))[:, 0]
        known = torch.arange(len(logits)) < len(p)
        with torch.no_grad():
            risk = nn.functional.softplus(logits[~known]).mean() - prior * nn.functional.softplus(logits[known]).mean()
            negative += int(risk < 0)
        optimizer.zero_grad()
        nnpu(logits, known, ~known, prior, negative=form).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return head.eval(), negative


@torch.inference_mode()
def said(head: nn.Module, cells: Tensor) -> NDArray[np.float64]:
    """Probabilities of cells."""
    return np.asarray(torch.sigmoid(head(cells)[:, 0]).double().numpy())


def main() -> None:
    """Sweep and estimate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", type=Path, help="of efiqa-cp-edge; the shipped ones unless given")
    parser.add_argument("--sources", nargs="+", default=["idrid", "eyeq_hi"])
    parser.add_argument("--each", type=int, default=150, help="photographs of each source at most")
    parser.add_argument("--priors", nargs="*", type=float, default=PRIORS, help="of the sweep; none for no sweep")
    parser.add_argument("--seeds", type=int, default=3, help="heads of each form and prior")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    paths = [
        record.path
        for source in options.sources
        for record in sample(
            [r for r in read_records(options.photographs) if r.source == source and r.quality in (None, Quality.GOOD)],
            options.each,
        )
    ]
    # By turns: positives, unlabelled, to be asked about, and to estimate from; no photograph is in two.
    parts = [paths[index::4] for index in range(4)]
    describer = Describer(options.weights or shipped_weights("efiqa-cp-edge"))
    report = Report()
    made = positives(describer, parts[0])
    unlabelled, asked = (mixed(describer, part, seed) for part, seed in ((parts[1], 1000), (parts[2], 2000)))
    made_apart = positives(describer, parts[3])
    centre, spread = unlabelled.features.mean(0), unlabelled.features.std(0).clamp(min=1e-3)

    def scaled(features: Tensor) -> Tensor:
        return (features - centre) / spread

    report.say("positive cells, unlabelled cells", [len(made.hidden), len(unlabelled.hidden)])
    report.say("degraded among the unlabelled, true share", round(float(unlabelled.hidden.float().mean()), 4))
    truth = asked.hidden.numpy()
    for form in NegativeRisk:
        for prior in options.priors:
            runs = []
            for seed in range(options.seeds):
                head, negative = learnt(scaled(made.features), scaled(unlabelled.features), prior, form, seed)
                told = said(head, scaled(asked.features))
                runs.append(
                    {
                        "AUROC": float(roc_auc_score(truth, told)),
                        "AUPRC": float(average_precision_score(truth, told)),
                        "balanced accuracy at 0.5": float(balanced_accuracy_score(truth, told >= 0.5)),
                        "called degraded": float((told >= 0.5).mean()),
                        "steps with negative risk": negative / STEPS,
                    }
                )
            figures = {name: round(float(np.mean([run[name] for run in runs])), 3) for name in runs[0]}
            report.say(f"{form.value}, prior {prior}", figures)
    rng = np.random.default_rng(5)
    for share in (0.0, 0.01, 0.02, 0.05, 0.1):
        mixture = asked.thinned(share, rng)
        told = mixture.word.double().numpy()
        scores = made_apart.word.double().numpy()
        figures = {
            "true": round(float(mixture.hidden.float().mean()), 4),
            "best bin": round(best_bin(scores, told).prior, 4),
            "mean ratio": round(mean_ratio(scores, told), 4),
        }
        report.say(f"share estimated where {share} was asked for", figures)
    if options.json is not None:
        options.json.write_text(json.dumps(report.figures, indent=1))


if __name__ == "__main__":
    main()
