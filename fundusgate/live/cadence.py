"""What each frame is given: the cues always, the map and the score as often as the device allows.

Pure: costs and times go in, a plan comes out. A frame is planned so that guidance (cues and map) keeps the aimed rate;
the score runs after the guidance has been given, on what time is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MAP_SHARE = 0.6
"""The map's part of the spare time where it does not fit into every frame; the rest is the score's."""


@dataclass(frozen=True)
class CadenceSettings:
    """Times are seconds.

    Attributes:
        frames: assessed frames a second that are aimed at.
        map_at_least: a map is made this often even where the aimed rate suffers: without one nothing can pass.
        score_every: on promising frames the score is made this often, where there is time.
        score_at_least: and this often in any case.
        memory: weight of the newest measurement in the costs, over 0 and at most 1.
    """

    frames: float = 15.0
    map_at_least: float = 0.3
    score_every: float = 0.25
    score_at_least: float = 0.8
    memory: float = 0.1


@dataclass(frozen=True)
class Cadence:
    """What has been measured, and when each network last looked.

    Attributes:
        look: mean cost of the disc, the framing and the cues, seconds; None before the first frame.
        map: mean cost of the map; None before the first.
        score: mean cost of the score; None before the first.
        mapped_at: when the last map was planned; None before the first.
        scored_at: when the last score was planned; None before the first.
    """

    look: float | None = None
    map: float | None = None
    score: float | None = None
    mapped_at: float | None = None
    scored_at: float | None = None

    def wants_map(self, now: float, settings: CadenceSettings) -> bool:
        """Whether this frame gets a map: always where it fits into a frame's time, else every few frames."""
        if self.mapped_at is None or self.map is None or self._maps_all(settings):
            return True
        period = _period(self.map, MAP_SHARE * self._spare(self.look, settings))
        return now - self.mapped_at >= min(period, settings.map_at_least)

    def wants_score(self, now: float, settings: CadenceSettings) -> bool:
        """Whether the score network looks at this promising frame, once its guidance has been given."""
        if self.scored_at is None or self.score is None:
            return True
        if self._maps_all(settings):
            spare = self._spare((self.look or 0.0) + (self.map or 0.0), settings)
        else:
            spare = (1 - MAP_SHARE) * self._spare(self.look, settings)
        period = max(settings.score_every, _period(self.score, spare))
        return now - self.scored_at >= min(period, max(settings.score_at_least, settings.score_every))

    def _maps_all(self, settings: CadenceSettings) -> bool:
        return (self.look or 0.0) + (self.map or 0.0) <= 1 / settings.frames

    @staticmethod
    def _spare(each_frame: float | None, settings: CadenceSettings) -> float:
        """Share of the time that the aimed rate leaves, 0..1, where every frame costs so much."""
        return max(0.0, 1 - settings.frames * (each_frame or 0.0))

    def after_look(self, now: float, look: float, mapped: float | None, settings: CadenceSettings) -> Cadence:
        """Learn what a frame took.

        Args:
            now: when it was planned, seconds.
            look: what disc, framing and cues took, seconds.
            mapped: what the map took; None where none was made.
            settings: how quickly to learn.
        """
        learnt = replace(self, look=_mean(self.look, look, settings.memory))
        if mapped is None:
            return learnt
        return replace(learnt, map=_mean(self.map, mapped, settings.memory), mapped_at=now)

    def after_score(self, now: float, scored: float, settings: CadenceSettings) -> Cadence:
        """Learn what a score took, seconds; `now` is when it was planned."""
        return replace(self, score=_mean(self.score, scored, settings.memory), scored_at=now)


def _mean(before: float | None, newest: float, memory: float) -> float:
    return newest if before is None else before + memory * (newest - before)


def _period(cost: float, share: float) -> float:
    """How often something of a cost runs in a share of the time, seconds; infinity for never."""
    return cost / share if share > 0 else math.inf
