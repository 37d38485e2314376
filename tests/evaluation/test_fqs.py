from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from fundusgate.evaluation.data_sets.base import DataSetError, TroubleKind
from fundusgate.evaluation.data_sets.fqs import Fqs
from fundusgate.evaluation.quality import Quality
from tests.evaluation.pictures import write_csv, write_picture

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "file_name,qualityLevel,meanOpinionScore"


def write_fold(path: Path, *rows: tuple[str, int, float]) -> None:
    book = Workbook()
    book.active.append(HEADER.split(","))
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """FQS in small: .PNG photographs, folds that say .jpeg, folds as workbooks, training lists beside them."""
    scores = {f"{number}": 40.0 + number for number in range(20)}
    first = write_picture(tmp_path / "images" / "0.PNG", size=32)
    for name in scores:
        # listing opens no photograph
        (tmp_path / "images" / f"{name}.PNG").write_bytes(first.read_bytes())
    lines = [f"{name}.jpeg,1,{score}" for name, score in scores.items()]
    write_csv(tmp_path / "all_scores.csv", HEADER, *lines, encoding="utf-8-sig")
    for fold in range(10):
        names = [str((2 * fold + step) % 20) for step in range(4)]
        write_fold(
            tmp_path / "folds" / f"cross_validation-{fold:02d}-test.xlsx",
            *((f"{name}.jpeg", 1, scores[name]) for name in names),
        )
        write_fold(tmp_path / "folds" / f"cross_validation-{fold:02d}-train.xlsx", ("999.jpeg", 1, 1.0))
    return tmp_path


def test_endings_folds_and_training_lists(root: Path) -> None:
    found = Fqs(root).list()
    assert len(found.items) == 20
    assert found.troubles == ()
    assert found.folds == tuple(f"cross_validation-{fold:02d}-test" for fold in range(10))
    third = next(item for item in found.items if item.name == "3.jpeg")
    assert third.path.name == "3.PNG"
    assert third.truth.score == 43
    assert third.truth.level is Quality.USABLE
    assert third.folds == ("cross_validation-00-test", "cross_validation-01-test")
    assert all(len([item for item in found.items if fold in item.folds]) == 4 for fold in found.folds)


def test_folds_alone_are_enough(root: Path) -> None:
    (root / "all_scores.csv").unlink()
    assert len(Fqs(root).list().items) == 20


def test_photographs_elsewhere(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (root / "images").rename(elsewhere / "images")
    assert len(Fqs(root, elsewhere).list().items) == 20
    with pytest.raises(DataSetError, match="not one labelled photograph"):
        Fqs(root).list()


def test_what_cannot_be_used_is_named_and_the_rest_go_on(root: Path) -> None:
    (root / "images" / "5.PNG").unlink()
    (root / "images" / "copy").mkdir()
    write_picture(root / "images" / "copy" / "6.jpg", size=32)
    write_csv(
        root / "more.csv",
        HEADER,
        "7.jpeg,1,",
        "8.jpeg,1,nan",
        "9.jpeg,1,101",
        "10.jpeg,1,-1",
        "11.jpeg,1,good",
        "12.jpeg,3,52",
        ",1,50",
        "13.jpeg,1,99",
        "14.jpeg,1,54.0",
        "14.jpeg,1,54.0",
    )
    found = Fqs(root).list()
    kinds = {(trouble.kind, trouble.what) for trouble in found.troubles}
    assert kinds == {
        (TroubleKind.MISSING, "5.jpeg"),
        (TroubleKind.AMBIGUOUS, "6.jpeg"),
        (TroubleKind.UNLABELLED, "7.jpeg"),
        (TroubleKind.UNLABELLED, "8.jpeg"),
        (TroubleKind.BAD_LABEL, "9.jpeg"),
        (TroubleKind.BAD_LABEL, "10.jpeg"),
        (TroubleKind.BAD_LABEL, "11.jpeg"),
        (TroubleKind.BAD_LABEL, "12.jpeg"),
        (TroubleKind.MISSING, "more.csv line 8"),
        (TroubleKind.CONFLICT, "13.jpeg"),
        (TroubleKind.DUPLICATE, "14.jpeg"),
    }
    # a row that cannot be used does not take a photograph away that another row labels well; a contradiction does
    assert {item.name for item in found.items} == {f"{number}.jpeg" for number in range(20) if number not in (5, 6, 13)}


def test_a_decimal_comma(tmp_path: Path) -> None:
    write_picture(tmp_path / "1.png", size=32)
    write_csv(tmp_path / "scores.csv", "file_name;opinion_score", "1.jpeg;70,5")
    found = Fqs(tmp_path).list()
    assert found.items[0].truth.score == 70.5
    assert found.folds == ()
    assert any("No fold files" in remark for remark in found.remarks)


def test_levels_that_went_through_a_table_of_floats(tmp_path: Path) -> None:
    for name in "123":
        write_picture(tmp_path / f"{name}.PNG", size=32)
    write_csv(tmp_path / "scores.csv", HEADER, "1.jpeg,2.0,30", "2.jpeg,nan,60", "3.jpeg,0.5,80")
    found = Fqs(tmp_path).list()
    assert [(item.name, item.truth.level) for item in found.items] == [("1.jpeg", Quality.REJECT), ("2.jpeg", None)]
    assert [(trouble.kind, trouble.what) for trouble in found.troubles] == [(TroubleKind.BAD_LABEL, "3.jpeg")]


def test_a_number_of_folds_that_is_not_the_papers_is_said(root: Path) -> None:
    (root / "folds" / "cross_validation-09-test.xlsx").unlink()
    assert any("9 fold files" in remark for remark in Fqs(root).list().remarks)


def test_a_fold_that_lies_there_twice_is_refused(root: Path) -> None:
    (root / "copy").mkdir()
    (root / "copy" / "cross_validation-03-test.xlsx").write_bytes(
        (root / "folds" / "cross_validation-03-test.xlsx").read_bytes()
    )
    with pytest.raises(DataSetError, match="cross_validation-03-test more than once"):
        Fqs(root).list()


def test_a_readme_is_no_table(root: Path) -> None:
    (root / "README.txt").write_text("Scores of six doctors.\n")
    assert len(Fqs(root).list().items) == 20


def test_a_folder_without_tables(tmp_path: Path) -> None:
    write_picture(tmp_path / "1.png", size=32)
    with pytest.raises(DataSetError, match="holds no table"):
        Fqs(tmp_path).list()
