from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors import safe_open

from benchmarks.choice import held_out
from benchmarks.choice.asking import Answers, ask
from benchmarks.choice.figures import auc_of, columns_of, group_auc, worst_across
from benchmarks.choice.groups import PHANTOM, Item, at_most, phantom_items, real_items
from benchmarks.choice.held_out import Trial
from benchmarks.choice.judges import Judge, WeightsJudge, Word
from benchmarks.choice.leaving_out import groups_of
from benchmarks.choice.strange_cameras import STRANGE_CAMERAS, through
from benchmarks.choice.tables import Sheet
from fundusgate.models.weights import shipped_weights
from fundusgate.phantom import render
from fundusgate.training.photographs import Quality, read_records
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.choice.judges import Shown


class Brightness(Judge):
    """Calls a photograph the better the brighter it is, and counts what it is shown."""

    def __init__(self, key: str = "brightness") -> None:
        super().__init__("b", "brightness", key, maps=False, scores=True)
        self.shown = 0

    def judge(self, photographs: Sequence[Shown]) -> list[Word]:
        self.shown += len(photographs)
        return [Word(opinion=float(photograph.rgb.mean())) for photograph in photographs]


def test_an_area_counts_pairs_in_order_and_halves_ties() -> None:
    area = auc_of([3.0, 2.0], [1.0, 2.0])
    assert area is not None
    assert area.value == pytest.approx(3.5 / 4)
    q1, q2 = 0.875 / 1.125, 2 * 0.875**2 / 1.875
    expected = 1.96 * math.sqrt((0.875 * 0.125 + (q1 - 0.875**2) + (q2 - 0.875**2)) / 4)
    assert area.half == pytest.approx(expected)
    assert auc_of([], [1.0]) is None


@pytest.mark.parametrize("camera", STRANGE_CAMERAS)
def test_a_strange_camera_changes_the_photograph_and_not_what_it_was_given(camera: str) -> None:
    rgb = render(3, 256, "tabletop-45").rgb
    before = rgb.copy()
    taken = through(camera, rgb)
    assert taken.dtype == np.uint8
    assert taken.ndim == 3
    assert min(taken.shape[:2]) > 100
    assert taken.shape != rgb.shape or not np.array_equal(taken, rgb)
    assert np.array_equal(rgb, before)


def test_answers_outlive_a_run_and_a_torn_last_line(tmp_path: Path) -> None:
    items = phantom_items(2)
    first = Brightness()
    ask([first], [(item, "") for item in items[:3]], tmp_path, lambda _: None)
    assert first.shown == 3
    with next(tmp_path.glob("*.jsonl")).open("a") as stream:
        stream.write('{"of": "torn')
    again = Brightness()
    (answers,) = ask([again], [(item, "") for item in items], tmp_path, lambda _: None)
    assert again.shown == 1
    assert Answers(tmp_path, "brightness").get(items[0], "") == answers.get(items[0], "")


def test_a_torn_line_does_not_swallow_the_answer_after_it(tmp_path: Path) -> None:
    items = phantom_items(2)
    ask([Brightness()], [(item, "") for item in items[:1]], tmp_path, lambda _: None)
    with next(tmp_path.glob("*.jsonl")).open("a") as stream:
        stream.write('{"of": "torn')
    ask([Brightness()], [(item, "") for item in items], tmp_path, lambda _: None)
    last = Brightness()
    ask([last], [(item, "") for item in items], tmp_path, lambda _: None)
    assert last.shown == 0


def test_groups_are_sources_apart_by_validation_and_by_eye(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    by_eye = tmp_path / "eye.csv"
    by_eye.write_text("file,quality\nnorth-0.png,reject\n")
    items = real_items(folder, by_eye, ())
    assert {(item.group, item.quality) for item in items if item.name == "north-0.png"} == {
        ("north by eye", Quality.REJECT)
    }
    assert [item.group for item in items if item.name == "south-5.png"] == ["south val"]
    assert len(list(at_most(items, 1))) == len({(item.group, item.quality) for item in items})


def test_a_source_that_was_learnt_shows_across_sources(tmp_path: Path) -> None:
    # within each source the order is right; source b lies a whole class below source a
    said = {"a": (90.0, 60.0), "b": (50.0, 20.0)}
    items, answers = [], Answers(tmp_path, "learnt")
    for source, scores in said.items():
        for quality, score in zip((Quality.GOOD, Quality.REJECT), scores, strict=True):
            item = Item(source, quality, f"{source}-{quality.value}", None)
            items.append(item)
            answers.add([(item, "", Word(opinion=score))])
    (column,) = columns_of([Brightness()], [answers])
    within = [group_auc(column, items, source) for source in said]
    assert [area.value for area in within if area is not None] == [1.0, 1.0]
    across = worst_across(column, items, list(said))
    assert across is not None
    assert (across.area, across.good_of, across.reject_of) == (0.0, "b", "a")
    sheet = Sheet([column], items)
    sheet.areas("areas", [(group, group, "") for group in sheet.groups])
    sheet.equal_label()
    assert json.loads(json.dumps(sheet.figures))["areas"]["worst"] == {"b": 1.0}


def test_shipped_weights_tell_a_good_phantom_from_a_bad_one(tmp_path: Path) -> None:
    judges: list[Judge] = [
        WeightsJudge("map1", "efiqa-cp-edge", shipped_weights("efiqa-cp-edge")),
        WeightsJudge("s1", "fthnet-s", shipped_weights("fthnet-s")),
    ]
    items = phantom_items(2)
    columns = columns_of(judges, ask(judges, [(item, "") for item in items], tmp_path, lambda _: None))
    assert [column.label for column in columns] == ["map1", "s1", "map1+s1"]
    area = group_auc(columns[0], items, PHANTOM)
    assert area is not None
    assert area.value > 0.5


def test_a_training_without_a_source_keeps_every_checkpoint_and_is_not_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path)
    trial = Trial("efiqa-cp-edge", 2, 1, (), None, 1, 1, tmp_path / "runs")
    recipe = held_out.recipe_of("efiqa-cp-edge", for_int8=False)
    monkeypatch.setattr(held_out, "recipe_of", lambda *_, **__: replace(recipe, batch=1))
    kept = held_out.train_without("south", trial, read_records(folder), lambda _done, _all: None)
    assert sorted(kept) == [1, 2]
    with safe_open(kept[2], framework="pt") as stream:
        assert stream.metadata()["held_out"] == "south"
    for path in (kept[1], next((tmp_path / "runs").rglob("checkpoint.pt"))):
        WeightsJudge("candidate", "efiqa-cp-edge", path)

    def again(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(held_out, "train", again)
    assert held_out.train_without("south", trial, read_records(folder), lambda _done, _all: None) == kept


def test_only_sources_with_both_labels_can_be_held_out() -> None:
    items = [
        Item("north", Quality.GOOD, "a", None),
        Item("north", Quality.REJECT, "b", None),
        Item("north val", Quality.GOOD, "c", None),
        Item("south *", Quality.GOOD, "d", None),
    ]
    assert groups_of("north", items) == ["north"]
    assert groups_of("south", items) == []
