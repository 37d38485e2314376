from __future__ import annotations

from dataclasses import dataclass

import pytest

from fundusgate.live.cadence import Cadence, CadenceSettings

SETTINGS = CadenceSettings(frames=15, map_at_least=0.3, score_every=0.25, score_at_least=0.8)


@dataclass
class Played:
    frames: int = 0
    maps: int = 0
    scores: int = 0
    widest_map_gap: float = 0.0


def play(look: float, mapping: float, scoring: float, seconds: float = 20.0, promising: bool = True) -> Played:
    """One thread on a device with these costs, and a camera of 30 frames a second."""
    now, last_map, played, cadence = 0.0, 0.0, Played(), Cadence()
    while now < seconds:
        began = now
        wants = cadence.wants_map(now, SETTINGS)
        now += look + (mapping if wants else 0)
        cadence = cadence.after_look(began, look, mapping if wants else None, SETTINGS)
        played.frames += 1
        if wants:
            played.widest_map_gap = max(played.widest_map_gap, began - last_map)
            last_map = began
            played.maps += 1
        if promising and cadence.wants_score(now, SETTINGS):
            began, now = now, now + scoring
            cadence = cadence.after_score(began, scoring, SETTINGS)
            played.scores += 1
        now = max(now, began + 1 / 30)
    return played


def test_a_quick_device_maps_every_frame() -> None:
    played = play(look=0.025, mapping=0.005, scoring=0.04)
    assert played.maps == played.frames
    assert played.frames / 20 > 25
    assert played.scores / 20 == pytest.approx(4, rel=0.2)


def test_a_middling_device_keeps_the_rate_and_maps_less() -> None:
    played = play(look=0.040, mapping=0.060, scoring=0.15)
    assert played.frames / 20 >= 12
    assert 3 < played.maps / 20 < played.frames / 20
    assert played.scores / 20 >= 1


def test_a_slow_device_still_gets_maps_and_scores() -> None:
    played = play(look=0.2, mapping=0.4, scoring=1.0)
    assert played.widest_map_gap <= 0.3 + 0.2 + 0.4 + 1.0 + 1e-6
    assert played.scores / 20 >= 0.3


def test_nothing_promising_costs_no_score() -> None:
    assert play(look=0.025, mapping=0.005, scoring=0.04, promising=False).scores == 0


def test_the_first_frame_gets_everything() -> None:
    assert Cadence().wants_map(5.0, SETTINGS)
    assert Cadence().wants_score(5.0, SETTINGS)


def test_one_slow_frame_does_not_change_the_cadence() -> None:
    cadence = Cadence()
    for frame in range(50):
        cadence = cadence.after_look(frame / 30, 0.025, 0.005, SETTINGS)
    cadence = cadence.after_look(2.0, 0.025, 0.3, SETTINGS)
    assert cadence.wants_map(2.05, SETTINGS)
    for frame in range(20):
        cadence = cadence.after_look(3 + frame / 10, 0.025, 0.3, SETTINGS)
    assert not cadence.wants_map(cadence.mapped_at or 0 + 0.03, SETTINGS)
