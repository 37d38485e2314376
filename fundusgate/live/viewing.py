"""From a glance to what the gate is told: each network's word only while it holds for the frame at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.view import live_view
from fundusgate.runtime.score_scale import BEST, weighed

if TYPE_CHECKING:
    from fundusgate.live.evidence import Evidence, Freshness
    from fundusgate.runtime.gate.observations import LiveView
    from fundusgate.runtime.glance import Glance
    from fundusgate.runtime.profile import Profile


def view_of(glance: Glance, taken_at: float, evidence: Evidence, profile: Profile, freshness: Freshness) -> LiveView:
    """What the gate makes of a frame.

    Args:
        glance: the frame, seen.
        taken_at: when its exposure began, seconds.
        evidence: what the networks last said, of this frame or of earlier ones.
        profile: the thresholds.
        freshness: until when their word holds.
    """
    mapped = evidence.map_for(glance, taken_at, freshness)
    if mapped is None or mapped.map is None:
        return live_view(taken_at, glance.cues, glance.cells, None, None, None, profile)
    opinion = evidence.opinion_for(glance, taken_at, freshness)
    score = None if opinion is None else weighed(opinion, mapped.map, mapped.cells, profile.score.by_map)
    return live_view(taken_at, glance.cues, mapped.cells, mapped.map, mapped.retina, score, profile)


def is_promising(glance: Glance, taken_at: float, evidence: Evidence, profile: Profile, freshness: Freshness) -> bool:
    """Whether a score is worth its time: the frame would pass if the score network found nothing to say."""
    perfect = replace(evidence, scored=glance, scored_at=taken_at, opinion=BEST)
    return view_of(glance, taken_at, perfect, profile, freshness).passing
