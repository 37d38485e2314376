"""What is ordered, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.training.adaptation.camera import CameraSet
    from fundusgate.training.adaptation.figures import Figures


@dataclass(frozen=True)
class AdaptationOrder:
    """What to adapt, to what.

    Attributes:
        data: Folder of the camera's photographs with labels.csv.
        out: Folder for weights and report.
        map_weights: Of efiqa-cp-edge.
        score_name: fthnet-s or fthnet-l.
        score_weights: Of that.
        folds: Parts of the cross-validation.
        tune_score: Whether the score network's head learns, too.
        profile: Thresholds; the shipped ones with the map weights' own working point unless given.
        seed: Of everything random.
        threads: PyTorch's.
    """

    data: Path
    out: Path
    map_weights: Path
    score_name: str
    score_weights: Path
    folds: int = 5
    tune_score: bool = False
    profile: Path | None = None
    seed: int = 1
    threads: int = 1


@dataclass(frozen=True)
class Candidate:
    """One way to change the weights.

    Attributes:
        name: In words.
        short: For a column's heading.
        network: Which one it changes; empty for the weights as they were.
        figures: Cross-validated.
        gain: Of the merit over what it would replace.
        sure: Share of the resamples in which there is a gain.
        chosen: Whether it was written.
        why: Why not, where it was not.
    """

    name: str
    short: str
    network: str
    figures: Figures
    gain: float = 0.0
    sure: float = 0.0
    chosen: bool = False
    why: str = ""


@dataclass(frozen=True)
class Adaptation:
    """What came of an order."""

    camera: CameraSet
    candidates: list[Candidate]
    after: Figures
    """With everything that was chosen."""
    written: dict[str, Path] = field(default_factory=dict)
    """Weights by network; a network that is missing keeps its old ones."""
