from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.evaluation.data_sets.base import Cut, DataSetError, TroubleKind
from fundusgate.evaluation.data_sets.eyeq import Eyeq, EyeqSplit, patient_of
from fundusgate.evaluation.quality import Quality
from tests.evaluation.pictures import write_csv, write_picture

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ",image,quality,DR_grade"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """EyeQ in small: tables that say .jpeg, photographs that its script left as .png."""
    for name in ("1_right", "10_left", "10_right", "7_left"):
        write_picture(tmp_path / "original_crop" / f"{name}.png", size=32)
    rows = ["0,1_right.jpeg,1,0", "1,10_left.jpeg,0,2", "2,10_right.jpeg,2,0"]
    write_csv(tmp_path / "data" / "Label_EyeQ_test.csv", HEADER, *rows)
    write_csv(tmp_path / "data" / "Label_EyeQ_train.csv", HEADER, "0,7_left.jpeg,0,0")
    return tmp_path


def test_cropped_photographs_and_patients(root: Path) -> None:
    found = Eyeq(root).list()
    assert [(item.path.name, item.patient, item.truth) for item in found.items] == [
        ("1_right.png", "1", Quality.USABLE),
        ("10_left.png", "10", Quality.GOOD),
        ("10_right.png", "10", Quality.REJECT),
    ]
    assert found.troubles == ()


def test_the_other_table(root: Path) -> None:
    assert [item.name for item in Eyeq(root, split=EyeqSplit.TRAIN).list().items] == ["7_left.jpeg"]


def test_originals_and_crops_side_by_side(root: Path) -> None:
    write_picture(root / "original_img" / "1_right.jpeg", size=32)
    # the row names the original's own ending
    assert Eyeq(root).list().items[0].path.suffix == ".jpeg"
    assert Eyeq(root / "data", root / "original_crop").list().items[0].path.suffix == ".png"


def test_what_cannot_be_used_is_named(root: Path) -> None:
    write_csv(
        root / "data" / "Label_EyeQ_test.csv",
        HEADER,
        "0,1_right.jpeg,1,0",
        "1,1_right.jpeg,1,0",
        "2,10_left.jpeg,0,2",
        "3,10_left.jpeg,2,2",
        "4,10_right.jpeg,,0",
        "5,7_left.jpeg,3,0",
        "5,7_left.jpeg,1.5,0",
        "6,8_left.jpeg,0,0",
        "7,,0,0",
    )
    found = Eyeq(root).list()
    assert [item.name for item in found.items] == ["1_right.jpeg"]
    assert [(trouble.kind, trouble.what) for trouble in found.troubles] == [
        (TroubleKind.DUPLICATE, "1_right.jpeg"),
        (TroubleKind.CONFLICT, "10_left.jpeg"),
        (TroubleKind.UNLABELLED, "10_right.jpeg"),
        (TroubleKind.BAD_LABEL, "7_left.jpeg"),
        (TroubleKind.BAD_LABEL, "7_left.jpeg"),
        (TroubleKind.MISSING, "8_left.jpeg"),
        (TroubleKind.MISSING, "Label_EyeQ_test.csv line 10"),
    ]


def test_the_table_is_missing_or_there_twice(root: Path) -> None:
    with pytest.raises(DataSetError, match=r"holds no Label_EyeQ_test\.csv"):
        Eyeq(root / "original_crop").list()
    (root / "copy").mkdir()
    (root / "copy" / "Label_EyeQ_test.csv").write_bytes((root / "data" / "Label_EyeQ_test.csv").read_bytes())
    with pytest.raises(DataSetError, match="2 times"):
        Eyeq(root).list()


def test_grades_that_went_through_a_table_of_floats(root: Path) -> None:
    write_csv(root / "data" / "Label_EyeQ_test.csv", HEADER, "0,1_right.jpeg,1.0,0.0", "1,10_left.jpeg,2.0,")
    assert [item.truth for item in Eyeq(root).list().items] == [Quality.USABLE, Quality.REJECT]


def test_originals_are_cut_where_it_is_said(root: Path) -> None:
    assert {item.cut for item in Eyeq(root).list().items} == {Cut.NONE}
    assert {item.cut for item in Eyeq(root, cut=Cut.EYEQ).list().items} == {Cut.EYEQ}


def test_patients_by_name() -> None:
    assert patient_of("10_left.jpeg") == "10"
    assert patient_of("train_20041_RIGHT.png") == "20041"
    assert patient_of("img00001") == "img00001"
