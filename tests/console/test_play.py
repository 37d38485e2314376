from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from fundusgate.console.contact_sheet import COLUMNS, MOST, contact_sheet
from fundusgate.console.play import KEPT, Judged, Tally, play
from fundusgate.console.terminal import line, map_text, picture_text, screen
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.phantom.script import Phase, Step
from fundusgate.runtime.assessor import Assessor
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHORT = (Step(Phase.STEADY, 0.3), Step(Phase.BLINK, 0.3))


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assessor]:
    folder: Path = write_bundle(tmp_path_factory.mktemp("bundles") / "bundle")
    with Assessor.open(folder, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def judged(assessor: Assessor) -> list[Judged]:
    with SimulatedCamera(3, size=128, script=SHORT) as camera:
        return list(play(camera, assessor, seconds=30))


def test_every_frame_of_an_unpaced_camera_is_judged_until_it_ends(judged: list[Judged]) -> None:
    assert [each.frame.sequence for each in judged] == list(range(18))
    assert all(after.seconds >= before.seconds for before, after in itertools.pairwise(judged))


def test_play_ends_in_time(assessor: Assessor) -> None:
    with SimulatedCamera(3, size=64, script=SHORT, repeat=True) as camera:
        told = list(play(camera, assessor, seconds=0.5))
    assert told
    assert told[-1].seconds < 0.5


def test_the_tally_counts_by_the_phantoms_truth(judged: list[Judged]) -> None:
    tally = Tally()
    for each in judged:
        tally.add(each)
    hidden = [each.frame.metadata["hidden_fraction"] for each in judged]
    kept = [each.assessment.verdict in KEPT for each in judged]
    assert (tally.judged, tally.frames) == (18, 18)
    assert tally.readable == sum(share <= 0.05 for share in hidden)
    assert tally.unreadable == sum(share >= 0.25 for share in hidden) > 0
    assert tally.unreadable_kept == sum(k for share, k in zip(hidden, kept, strict=True) if share >= 0.25)


def test_moments_are_where_verdict_or_cause_changes(judged: list[Judged]) -> None:
    tally = Tally()
    for each in judged:
        tally.add(each)
    signs = [(each.assessment.verdict, each.assessment.main) for each in tally.moments]
    assert all(one != two for one, two in itertools.pairwise(signs))
    assert set(signs) == {(each.assessment.verdict, each.assessment.main) for each in judged}


def test_the_screen_shows_verdict_and_prompt_without_colour(judged: list[Judged]) -> None:
    tally = Tally()
    tally.add(judged[0])
    console = Console(width=120, height=60, no_color=True, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(screen(judged[0], tally))
    text = console.export_text()
    assert judged[0].assessment.prompt in text
    assert any(word in text for word in ("ACCEPT", "RETAKE", "CANNOT OBTAIN"))
    assert "1 judged of 1 frames" in text


def test_a_line_has_truth_and_word(judged: list[Judged]) -> None:
    text = line(judged[0])
    assert judged[0].assessment.verdict.value in text
    assert "steady" in text


def test_the_map_in_shades() -> None:
    cells = np.full((16, 16), np.nan, np.float32)
    cells[4, 4], cells[4, 5] = 0.0, 1.0
    rows = map_text(cells).plain.splitlines()
    assert len(rows) == 16
    assert rows[4].strip() == "··██"
    assert not rows[0].strip()


def test_a_picture_keeps_its_shape() -> None:
    rows = picture_text(np.zeros((300, 400, 3), np.uint8), width=40).plain.splitlines()
    assert {len(row) for row in rows} == {40}
    assert len(rows) == 15


def test_the_sheet_holds_the_moments(judged: list[Judged]) -> None:
    sheet = contact_sheet(judged, width=200)
    one = contact_sheet(judged[:1], width=200)
    assert sheet.width == COLUMNS * 200
    assert sheet.height == one.height * MOST // COLUMNS
    with pytest.raises(ValueError, match="play for longer"):
        contact_sheet([])
