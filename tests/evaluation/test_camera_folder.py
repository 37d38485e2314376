from __future__ import annotations

from pathlib import Path

import pytest

from fundusgate.evaluation.camera_folder import CameraFolderError, Label, read_camera_folder


def photographs(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"picture")


def test_a_table_goes_before_subfolders(tmp_path: Path) -> None:
    photographs(tmp_path, "good/1.jpg", "2.jpg", "3.jpg")
    (tmp_path / "labels.csv").write_text(
        "file,quality,patient\ngood/1.jpg,bad,p1\n2.jpg,Good,\n3.jpg,,p1\n", encoding="utf-8"
    )
    found = read_camera_folder(tmp_path)
    assert [(each.path.name, each.label, each.patient) for each in found] == [
        ("1.jpg", Label.REJECT, "p1"),
        ("2.jpg", Label.GOOD, "2.jpg"),
        ("3.jpg", None, "p1"),
    ]


def test_subfolders_are_labels(tmp_path: Path) -> None:
    photographs(tmp_path, "good/a.png", "good/deeper/b.png", "bad/c.png", "usable/d.png", "elsewhere/e.png")
    found = {each.path.name: each.label for each in read_camera_folder(tmp_path)}
    assert found == {"a.png": Label.GOOD, "b.png": Label.GOOD, "c.png": Label.REJECT, "d.png": Label.USABLE}


def test_without_either_nothing_is_labelled(tmp_path: Path) -> None:
    photographs(tmp_path, "x/1.jpg", "2.jpg")
    assert {each.label for each in read_camera_folder(tmp_path)} == {None}
    assert {each.patient for each in read_camera_folder(tmp_path)} == {"2.jpg", str(Path("x", "1.jpg"))}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file\n1.jpg\n", r"lacks the column\(s\) quality"),
        ("file,quality\n1.jpg,fine\n", "line 2: quality 'fine' is none of good, usable, reject, bad"),
        ("file,quality\n,good\n", "line 2: no file is named"),
        ("file,quality\nabsent.jpg,good\n", "1 of 1 photographs .* are missing, first .*absent.jpg"),
        ("file,quality\n", "has no rows"),
    ],
)
def test_mistakes_in_the_table_are_named(tmp_path: Path, text: str, says: str) -> None:
    photographs(tmp_path, "1.jpg")
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CameraFolderError, match=says):
        read_camera_folder(tmp_path)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,quality\n\xff\xfe\x00,good\n")
    with pytest.raises(CameraFolderError, match="save it as CSV in UTF-8"):
        read_camera_folder(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CameraFolderError, match="no photographs"):
        read_camera_folder(tmp_path)
