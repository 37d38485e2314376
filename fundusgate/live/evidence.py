"""What the networks last said, and whether it still holds for the frame at hand: young enough, and the same scene.

Pure. Nothing passes on evidence of another scene: a map made before a blink says nothing of the lid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.glance import Glance


@dataclass(frozen=True)
class Freshness:
    """Until when a network's word holds.

    Attributes:
        map_age: seconds.
        score_age: seconds.
        scene: mean difference of the cells' brightness, levels of 0..255, up to which two frames show the same scene;
            an eye that drifts differs by 1 to 4, a blink or another aim by 15 and more.
        shift: how far the disc may have moved or grown, fraction of its radius.
        focus: how far the sharpness cue may have moved (`Sharpness.fine_to_coarse`): brightness knows no focus.
    """

    map_age: float = 0.5
    score_age: float = 1.5
    scene: float = 8.0
    shift: float = 0.1
    focus: float = 0.15


@dataclass(frozen=True)
class Evidence:
    """The newest glance with a map, and the newest score network's opinion with the glance that it was of.

    Attributes:
        mapped: the newest glance that has a map; None before the first.
        mapped_at: when its exposure began, seconds.
        scored: the newest glance that the score network judged; None before the first.
        scored_at: when its exposure began, seconds.
        opinion: the score network's mean opinion score of it, 0..100.
    """

    mapped: Glance | None = None
    mapped_at: float = 0.0
    scored: Glance | None = None
    scored_at: float = 0.0
    opinion: float | None = None

    def with_map(self, glance: Glance, taken_at: float) -> Evidence:
        """The evidence with a newer map; unchanged where the glance has none."""
        return self if glance.map is None else replace(self, mapped=glance, mapped_at=taken_at)

    def with_opinion(self, opinion: float, glance: Glance, taken_at: float) -> Evidence:
        """The evidence with a newer score, of the frame of that glance."""
        return replace(self, scored=glance, scored_at=taken_at, opinion=opinion)

    def map_for(self, glance: Glance, taken_at: float, freshness: Freshness) -> Glance | None:
        """The glance whose map holds for a frame; None where none does."""
        if self.mapped is None or not 0 <= taken_at - self.mapped_at <= freshness.map_age:
            return None
        return self.mapped if same_scene(self.mapped, glance, freshness) else None

    def opinion_for(self, glance: Glance, taken_at: float, freshness: Freshness) -> float | None:
        """The score network's opinion that holds for a frame, 0..100; None where none does."""
        if self.scored is None or not 0 <= taken_at - self.scored_at <= freshness.score_age:
            return None
        return self.opinion if same_scene(self.scored, glance, freshness) else None


def same_scene(one: Glance, other: Glance, freshness: Freshness) -> bool:
    """Whether two frames show the same part of the same eye in the same light."""
    if one is other:
        return True
    reach = freshness.shift * one.disc.radius
    moved = np.hypot(one.disc.cx - other.disc.cx, one.disc.cy - other.disc.cy)
    if moved > reach or abs(one.disc.radius - other.disc.radius) > reach:
        return False
    if abs(one.cues.sharpness.fine_to_coarse - other.cues.sharpness.fine_to_coarse) > freshness.focus:
        return False
    return brightness_difference(one.signature, other.signature) <= freshness.scene


def brightness_difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Mean absolute difference of two signatures over the cells that either lights, levels of 0..255."""
    lit = (one > 0) | (other > 0)
    return float(np.abs(one - other)[lit].mean()) if lit.any() else 0.0
