"""A session as a screen sees it: align, ready, press, verdict, override, give up."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.archive.record import GivenUp
from fundusgate.archive.record import Override as KeptOverride
from fundusgate.codes import Laterality, Verdict
from fundusgate.live.commands import Automatic, Choose, Continue, GiveUp, Identify, Override, Press, SignIn
from fundusgate.live.engine import CommandRefused
from fundusgate.runtime import Profile
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import Field, Phase, Reason
from tests.live.conftest import QUICK, Rig
from tests.live.parts import lenient, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from fundusgate.live.snapshot import Snapshot

    Open = Callable[..., AbstractContextManager[Rig]]

OUTCOMES = (Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE, Phase.RETAKE, Phase.CANNOT_OBTAIN)


def strict(profile: Profile) -> Profile:
    """A profile that refuses every photograph."""
    content = lenient(profile).model_dump()
    return Profile.model_validate(content | {"score": content["score"] | {"accept": 99.9, "retake": 99.8}})


def settled(snapshot: Snapshot) -> bool:
    return snapshot.phase in OUTCOMES


def test_a_good_eye_is_accepted_and_kept_with_all_that_is_known(rig: Open) -> None:
    with rig() as live:
        live.gate.submit(SignIn(operator="Ann"))
        live.gate.submit(Identify(patient="P-17"))
        live.gate.submit(Choose(laterality=Laterality.OS, field=Field.MACULA))
        ready = wait_for(live.gate, lambda s: s.phase is Phase.READY)
        assert ready.promise == 1
        assert (ready.operator, ready.patient, ready.laterality) == ("Ann", "P-17", Laterality.OS)
        assert ready.map is not None
        assert ready.frame_size == (256, 256)
        live.gate.submit(Press())
        done = wait_for(live.gate, settled)
        assert done.phase in (Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE)
        (card,) = done.captures
        record = live.archive.get(card.id)
        assert live.camera.stills == 1
        assert (record.patient, record.operator, record.laterality) == ("P-17", "Ann", Laterality.OS)
        assert (record.field, record.trigger, record.attempt) == (Field.MACULA, Trigger.OPERATOR, 1)
        assert record.outcome.value == card.outcome == done.phase.value
        assert record.camera_metadata == {"exposure_us": 8000}
        assert {model.name for model in record.models} == {"dark-cells", "red-light"}
        assert 0 <= record.timings_ms["still"] <= record.timings_ms["judged"]
        kept = cv2.imread(str(live.archive.photograph_path(card.id)))
        assert kept.shape == (400, 400, 3)
        live.gate.submit(Continue())
        wait_for(live.gate, lambda s: s.phase in (Phase.NEARLY, Phase.READY))


def test_a_poor_photograph_is_kept_marked_and_may_be_kept_against_the_advice(rig: Open) -> None:
    with rig(profile=strict(Profile.load())) as live:
        wait_for(live.gate, lambda s: s.phase is Phase.NEARLY)
        live.gate.submit(Press())
        retake = wait_for(live.gate, settled)
        assert retake.phase is Phase.RETAKE
        assert retake.retakes == 1
        (card,) = retake.captures
        assert live.archive.get(card.id).outcome is Outcome.RETAKE
        live.gate.submit(Override(reason="a lesion is seen"))
        kept = wait_for(live.gate, lambda s: bool(s.captures and s.captures[0].overridden))
        assert kept.phase is Phase.ACCEPTED_WITH_NOTE
        override = live.archive.get(card.id).override
        assert isinstance(override, KeptOverride)
        assert override.reason == "a lesion is seen"


def test_giving_up_is_recorded_with_its_note(rig: Open) -> None:
    with rig(profile=strict(Profile.load())) as live:
        wait_for(live.gate, lambda s: s.phase is Phase.NEARLY)
        with pytest.raises(CommandRefused, match="Take one photograph"):
            live.gate.submit(GiveUp(reason=Reason.OPACITY))
        live.gate.submit(Press())
        wait_for(live.gate, settled)
        live.gate.submit(SignIn(operator="Ben"))
        live.gate.submit(GiveUp(reason=Reason.OPACITY, note="dense cataract"))
        done = wait_for(live.gate, lambda s: bool(s.captures) and s.captures[0].outcome == "cannot_obtain")
        assert done.phase is Phase.CANNOT_OBTAIN
        given_up = live.archive.get(done.captures[0].id).given_up
        assert isinstance(given_up, GivenUp)
        assert (given_up.reason, given_up.note, given_up.operator) == (Reason.OPACITY, "dense cataract", "Ben")


def test_it_takes_the_still_by_itself_where_told(rig: Open) -> None:
    settings = replace(QUICK, gate=replace(QUICK.gate, auto_after=0.1))
    with rig(settings) as live:
        live.gate.submit(Automatic(on=True))
        # nobody has said which eye: nothing is taken by itself
        ready = wait_for(live.gate, lambda s: s.phase is Phase.READY)
        wait_for(live.gate, lambda s: s.revision > ready.revision + 20)
        assert live.gate.snapshot().captures == ()
        live.gate.submit(Choose(laterality=Laterality.OD, field=Field.MACULA))
        done = wait_for(live.gate, settled)
        assert done.automatic
        assert live.archive.get(done.captures[0].id).trigger is Trigger.AUTO


def test_what_makes_no_sense_is_refused_in_plain_sentences(rig: Open) -> None:
    with rig() as live:
        with pytest.raises(CommandRefused, match="No photograph can be taken now"):
            live.gate.submit(Press())
        wait_for(live.gate, lambda s: s.phase in (Phase.NEARLY, Phase.READY))
        with pytest.raises(CommandRefused, match="take one first"):
            live.gate.submit(Override(reason="I want to"))
        live.gate.submit(Press())
        wait_for(live.gate, settled)
        with pytest.raises(CommandRefused, match="nothing to override"):
            live.gate.submit(Override(reason="I want to"))
        with pytest.raises(CommandRefused, match="go on to the live picture"):
            live.gate.submit(Press())


def test_screens_get_pictures_encoded_once(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        done = wait_for(live.gate, settled)
        shown = live.gate.preview(100)
        assert shown is not None
        picture = cv2.imdecode(np.frombuffer(shown[1], np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (100, 100, 3)
        small = live.gate.capture_thumbnail(done.captures[0].id, 64)
        assert cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_COLOR).shape == (64, 64, 3)
        with pytest.raises(LookupError, match="no picture"):
            live.gate.capture_thumbnail("20200101T000000.000000Z-00000000", 64)
        rates = done.rates
        assert rates.camera > 0
        assert rates.guidance_ms["p50"] <= rates.guidance_ms["p99"] <= rates.guidance_ms["max"]
        assert live.gate.latencies()["still"]["max"] > 0
    assert live.gate.wait_for_newer(10**9, 0.01) is None
    ended = live.gate.snapshot()
    assert (ended.phase, ended.map) == (Phase.CLOSED, None)
    assert "start fundusgate again" in (ended.why or "")
    with pytest.raises(CommandRefused, match="has ended"):
        live.gate.submit(Press())


def test_a_still_under_way_reaches_the_disk_before_the_end(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.camera.late = 0.1
        live.gate.submit(Press())
        wait_for(live.gate, lambda s: s.phase is Phase.CAPTURING)
    with rig() as live:
        (record,) = live.archive.captures()
        assert record.outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_NOTE)


def test_a_still_is_filed_under_who_and_what_was_chosen_when_it_was_pressed(rig: Open) -> None:
    with rig() as live:
        live.gate.submit(Identify(patient="P-1"))
        live.gate.submit(Choose(laterality=Laterality.OD, field=Field.DISC))
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.camera.late = 0.3
        live.gate.submit(Press())
        wait_for(live.gate, lambda s: s.phase is Phase.CAPTURING)
        live.gate.submit(Choose(laterality=Laterality.OS, field=Field.MACULA))
        live.gate.submit(Identify(patient="P-2"))
        done = wait_for(live.gate, settled)
        record = live.archive.get(done.captures[0].id)
        assert (record.patient, record.laterality, record.field) == ("P-1", Laterality.OD, Field.DISC)
        after = wait_for(live.gate, lambda s: s.patient == "P-2")
        assert (after.laterality, after.field) == (Laterality.OS, Field.MACULA)


def test_two_stills_of_one_eye_are_two_attempts(rig: Open) -> None:
    with rig(profile=strict(Profile.load())) as live:
        for attempt in (1, 2):
            wait_for(live.gate, lambda s: s.phase in (Phase.NEARLY, Phase.RETAKE))
            live.gate.submit(Press())
            done = wait_for(live.gate, lambda s: len(s.captures) == attempt and settled(s))  # noqa: B023
            assert done.captures[0].attempt == attempt
            assert live.archive.get(done.captures[0].id).attempt == attempt
            assert done.retakes == attempt


def test_nobody_is_named_in_the_log(rig: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with rig() as live:
        live.gate.submit(Identify(patient="Q-4711"))
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        done = wait_for(live.gate, settled)
        assert live.archive.get(done.captures[0].id).patient == "Q-4711"
    assert "capturing" in caplog.text
    assert "4711" not in caplog.text


def test_a_slow_screen_misses_snapshots_and_holds_nobody_up(rig: Open) -> None:
    with rig() as live:
        first = wait_for(live.gate, lambda s: s.frame is not None)
        later = wait_for(live.gate, lambda s: s.revision > first.revision + 10)
        # who comes back late gets the newest, not the next
        missed = live.gate.wait_for_newer(first.revision, 10)
        assert missed is not None
        assert missed.revision >= later.revision
        assert missed.frame is not None
        assert first.frame is not None
        assert missed.frame > first.frame


def test_a_capture_of_an_earlier_run_has_a_picture(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        card = wait_for(live.gate, settled).captures[0]
    with rig() as live:
        assert live.gate.snapshot().captures == ()
        picture = live.gate.capture_thumbnail(card.id, 64)
        assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (64, 64, 3)


def test_the_verdict_is_on_the_disk_before_it_is_shown(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        revision = 0
        while True:
            snapshot = live.gate.wait_for_newer(revision, 30)
            assert snapshot is not None
            revision = snapshot.revision
            if snapshot.phase in OUTCOMES:
                break
        assert live.archive.get(snapshot.captures[0].id).assessment["verdict"] in {each.value for each in Verdict}
