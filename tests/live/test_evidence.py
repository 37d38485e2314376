from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.live.evidence import Evidence, Freshness, brightness_difference, same_scene
from fundusgate.live.viewing import is_promising, view_of
from fundusgate.phantom import render
from fundusgate.runtime import Assessor
from tests.live.parts import lenient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.runtime.glance import Glance

FRESH = Freshness(map_age=0.5, score_age=1.5, scene=8.0)


@pytest.fixture(scope="module")
def assessor() -> Iterator[Assessor]:
    with Assessor.open(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def glance(assessor: Assessor) -> Glance:
    return assessor.glance(render(7, size=400).rgb, want_map=True, want_score=True)


def test_a_young_word_of_the_same_scene_holds(glance: Glance) -> None:
    evidence = Evidence().with_map(glance, 10.0).with_opinion(80.0, glance, 9.0)
    assert evidence.map_for(glance, 10.4, FRESH) is glance
    assert evidence.opinion_for(glance, 10.4, FRESH) == 80.0


def test_an_old_word_does_not_hold(glance: Glance) -> None:
    evidence = Evidence().with_map(glance, 10.0).with_opinion(80.0, glance, 10.0)
    assert evidence.map_for(glance, 10.6, FRESH) is None
    assert evidence.opinion_for(glance, 11.6, FRESH) is None


def test_a_word_from_the_future_does_not_hold(glance: Glance) -> None:
    assert Evidence().with_map(glance, 10.0).map_for(glance, 9.9, FRESH) is None


def test_nothing_holds_before_the_networks_have_spoken(glance: Glance) -> None:
    assert Evidence().map_for(glance, 0.0, FRESH) is None
    assert Evidence().opinion_for(glance, 0.0, FRESH) is None


def test_a_glance_without_a_map_leaves_the_last_one(glance: Glance) -> None:
    evidence = Evidence().with_map(glance, 10.0).with_map(replace(glance, map=None), 10.1)
    assert evidence.mapped_at == 10.0


@pytest.mark.parametrize("change", ["brightness", "place", "size", "focus"])
def test_another_scene_is_another_scene(glance: Glance, change: str) -> None:
    disc, cues = glance.disc, glance.cues
    blurred = replace(cues.sharpness, fine_to_coarse=cues.sharpness.fine_to_coarse - 0.3)
    other = {
        "brightness": replace(glance, signature=glance.signature * np.float32(0.6)),
        "place": replace(glance, disc=replace(disc, cx=disc.cx + 0.2 * disc.radius)),
        "size": replace(glance, disc=replace(disc, radius=1.2 * disc.radius)),
        "focus": replace(glance, cues=replace(cues, sharpness=blurred)),
    }[change]
    assert not same_scene(glance, other, FRESH)
    evidence = Evidence().with_map(glance, 10.0).with_opinion(80.0, glance, 10.0)
    assert evidence.map_for(other, 10.1, FRESH) is None
    assert evidence.opinion_for(other, 10.1, FRESH) is None


def test_noise_is_no_other_scene(glance: Glance) -> None:
    rng = np.random.default_rng(0)
    noisy = glance.signature + rng.normal(0, 2, glance.signature.shape).astype(np.float32)
    assert same_scene(glance, replace(glance, signature=noisy), FRESH)


def test_dark_pictures_have_no_difference_to_divide_by() -> None:
    dark = np.zeros((16, 16), np.float32)
    assert brightness_difference(dark, dark) == 0.0


def test_a_frame_passes_only_on_a_fresh_map_and_a_fresh_score(assessor: Assessor, glance: Glance) -> None:
    profile = lenient(assessor.profile)
    nothing = Evidence()
    mapped = nothing.with_map(glance, 10.0)
    both = mapped.with_opinion(95.0, glance, 10.0)
    assert not view_of(glance, 10.0, nothing, profile, FRESH).passing
    assert not view_of(glance, 10.0, mapped, profile, FRESH).passing
    assert view_of(glance, 10.0, both, profile, FRESH).passing
    assert not view_of(glance, 10.6, both, profile, FRESH).passing
    assert not view_of(glance, 12.0, both.with_map(glance, 12.0), profile, FRESH).passing


def test_a_score_is_worth_asking_where_only_the_score_is_missing(assessor: Assessor, glance: Glance) -> None:
    profile = lenient(assessor.profile)
    assert is_promising(glance, 10.0, Evidence().with_map(glance, 10.0), profile, FRESH)
    hidden = replace(glance, map=np.ones((16, 16), np.float32))
    assert not is_promising(glance, 10.0, Evidence().with_map(hidden, 10.0), profile, FRESH)
    # a score that has just failed the frame is asked again: the operator may have mended it
    failed = Evidence().with_map(glance, 10.0).with_opinion(0.0, glance, 10.0)
    assert is_promising(glance, 10.0, failed, profile, FRESH)
