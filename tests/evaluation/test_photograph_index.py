from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.evaluation.data_sets.base import DataSetError, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.photograph_index import PhotographIndex

if TYPE_CHECKING:
    from pathlib import Path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def kind(found: Path | Trouble) -> TroubleKind:
    assert isinstance(found, Trouble)
    return found.kind


@pytest.mark.parametrize("row", ["7.jpeg", "7", "7.PNG", "images/7.jpeg", "images\\7.jpeg", "/old/disk/images/7.jpg"])
def test_the_ending_and_the_folders_of_a_row_do_not_matter(tmp_path: Path, row: str) -> None:
    touch(tmp_path, "pictures/7.PNG", "pictures/70.PNG")
    assert PhotographIndex([tmp_path]).find(row) == tmp_path / "pictures/7.PNG"


def test_a_point_in_a_name_is_no_ending(tmp_path: Path) -> None:
    touch(tmp_path, "1.1.jpg", "1.2.jpg", "1.jpg")
    index = PhotographIndex([tmp_path])
    assert index.find("1.1") == tmp_path / "1.1.jpg"
    assert index.find("1.2.png") == tmp_path / "1.2.jpg"
    assert index.find("1") == tmp_path / "1.jpg"


def test_the_case_of_a_name_matters_only_where_it_tells_two_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a/IMG1.jpg", "b/img2.jpg", "b/IMG2.jpg")
    index = PhotographIndex([tmp_path])
    assert index.find("img1.jpeg") == tmp_path / "a/IMG1.jpg"
    assert index.find("img2.jpeg") == tmp_path / "b/img2.jpg"
    assert kind(index.find("Img2.jpeg")) is TroubleKind.AMBIGUOUS


def test_of_several_the_one_that_the_row_names_in_full(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.jpeg", "test/1.jpeg", "both/2.jpeg", "both/2.png")
    index = PhotographIndex([tmp_path])
    assert index.find("test/1.png") == tmp_path / "test/1.jpeg"
    assert index.find("2.png") == tmp_path / "both/2.png"
    assert kind(index.find("1.jpeg")) is TroubleKind.AMBIGUOUS
    # the row's folder says more than its ending
    touch(tmp_path, "train/3.png", "test/3.jpeg")
    assert PhotographIndex([tmp_path]).find("test/3.png") == tmp_path / "test/3.jpeg"


def test_missing_hidden_and_left_by_archivers(tmp_path: Path) -> None:
    touch(tmp_path, "__MACOSX/._1.jpg", "__MACOSX/1.jpg", ".cache/1.jpg", "1.txt", "1.jpg.map.jpg")
    index = PhotographIndex([tmp_path])
    assert len(index) == 0
    assert kind(index.find("1.jpg")) is TroubleKind.MISSING


def test_a_link_back_to_a_folder_above_ends(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert PhotographIndex([tmp_path]).find("1") == tmp_path / "a/1.jpg"


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="is not a folder"):
        PhotographIndex([tmp_path / "none"])
