from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from fundusgate.training.adaptation.camera import AdaptationError, read_camera
from fundusgate.training.photographs import Quality
from tests.training.adaptation.folder import write_camera

if TYPE_CHECKING:
    from pathlib import Path


def test_no_patient_is_on_both_sides_of_a_fold(tmp_path: Path) -> None:
    camera = read_camera(write_camera(tmp_path))
    folds = camera.folds(4, seed=1)
    assert sorted(place for held in folds for place in held) == list(range(20))
    for held in folds:
        inside = {camera.patients[place] for place in held}
        assert inside.isdisjoint(camera.patients[place] for place in range(20) if place not in held)


def test_a_table_needs_no_source(tmp_path: Path) -> None:
    camera = read_camera(write_camera(tmp_path, columns="file,quality"))
    assert len(camera.of(Quality.GOOD)) == 8
    assert not camera.patients_known


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = write_camera(tmp_path, each=9)
    (folder / "03.png").write_bytes(b"not a picture")
    camera = read_camera(folder)
    assert len(camera.photographs) == 21
    assert [sentence.partition(":")[0] for sentence in camera.skipped] == ["03.png"]


def test_rows_without_a_label_are_counted(tmp_path: Path) -> None:
    folder = write_camera(tmp_path)
    with (folder / "labels.csv").open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerow(["00.png", "", "p9"])
    assert read_camera(folder).unlabelled == 1


def test_too_few_of_a_class_says_how_many_are_needed(tmp_path: Path) -> None:
    folder = write_camera(tmp_path)
    table = (folder / "labels.csv").read_text().replace("reject", "usable")
    (folder / "labels.csv").write_text(table)
    with pytest.raises(AdaptationError, match=r"0 photographs of .* are labelled reject .* at least 8"):
        read_camera(folder)


def test_one_patient_cannot_be_split(tmp_path: Path) -> None:
    folder = write_camera(tmp_path)
    rows = [line.rsplit(",", 1)[0] for line in (folder / "labels.csv").read_text().splitlines()]
    (folder / "labels.csv").write_text("\n".join([rows[0] + ",patient", *(f"{row},one" for row in rows[1:])]))
    with pytest.raises(AdaptationError, match=r"all photographs are of one patient \(one\)"):
        read_camera(folder).folds(5, seed=1)
