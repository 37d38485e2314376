from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from fundusgate.evaluation.data_sets.annotation import AnnotationError, Region, is_annotation, read_annotation
from fundusgate.evaluation.data_sets.base import Cut, DataSetError, TroubleKind
from fundusgate.evaluation.data_sets.funpiq import Funpiq, Source
from tests.evaluation.pictures import write_csv, write_indexed, write_picture

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = np.array([[0, 1], [2, 3]], np.uint8).repeat(16, 0).repeat(16, 1)


@pytest.fixture
def roots(tmp_path: Path) -> dict[Source, Path]:
    write_picture(tmp_path / "eyeq" / "10_left.png", size=32)
    write_picture(tmp_path / "brset" / "fundus_photos" / "img00001.jpg", size=32)
    write_picture(tmp_path / "mbrset" / "images" / "12.3.jpg", size=32)
    write_csv(tmp_path / "brset" / "labels_brset.csv", "image_id,patient_id,quality", "img00001,77,Adequate")
    for name in ("EyeQ/10_left.png", "BRSET/img00001.png", "mBRSET/12.3.png"):
        write_indexed(tmp_path / "annotations" / name, REGIONS)
    return {
        Source.EYEQ: tmp_path / "eyeq",
        Source.BRSET: tmp_path / "brset",
        Source.MBRSET: tmp_path / "mbrset",
    }


def test_three_roots_and_their_patients(roots: dict[Source, Path], tmp_path: Path) -> None:
    found = Funpiq(tmp_path / "annotations", roots).list()
    assert found.troubles == ()
    assert {(item.name, item.path.name, item.patient, item.truth.source) for item in found.items} == {
        ("EyeQ/10_left.png", "10_left.png", "EyeQ:10", Source.EYEQ),
        ("BRSET/img00001.png", "img00001.jpg", "BRSET:77", Source.BRSET),
        ("mBRSET/12.3.png", "12.3.jpg", "mBRSET:12", Source.MBRSET),
    }
    assert any("3 of FunPiQ's 300" in remark for remark in found.remarks)


def test_only_eyeqs_originals_are_cut(roots: dict[Source, Path], tmp_path: Path) -> None:
    found = Funpiq(tmp_path / "annotations", roots, Cut.EYEQ).list()
    assert {item.truth.source: item.cut for item in found.items} == {
        Source.EYEQ: Cut.EYEQ,
        Source.BRSET: Cut.NONE,
        Source.MBRSET: Cut.NONE,
    }
    assert any(remark.startswith("1 photographs of EyeQ") for remark in found.remarks)


def test_a_source_that_is_not_given_is_named(roots: dict[Source, Path], tmp_path: Path) -> None:
    del roots[Source.MBRSET]
    found = Funpiq(tmp_path / "annotations", roots).list()
    (trouble,) = found.troubles
    assert (trouble.kind, trouble.what) == (TroubleKind.MISSING, "mBRSET/12.3.png")
    assert "--mbrset" in trouble.reason
    with pytest.raises(DataSetError, match="at least one of --eyeq"):
        Funpiq(tmp_path / "annotations", {}).list()


def test_one_folder_for_all_annotations(roots: dict[Source, Path], tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    for name in ("10_left.png", "img00001_mask.png", "12.3.png", "unknown.png"):
        write_indexed(flat / name, REGIONS)
    found = Funpiq(flat, roots).list()
    assert len(found.items) == 3
    assert [(trouble.kind, trouble.what) for trouble in found.troubles] == [(TroubleKind.MISSING, "unknown.png")]


def test_a_name_in_two_sources(roots: dict[Source, Path], tmp_path: Path) -> None:
    write_picture(roots[Source.EYEQ] / "12.3.png", size=32)
    # the folder says which
    assert len(Funpiq(tmp_path / "annotations", roots).list().items) == 3
    write_indexed(tmp_path / "flat" / "12.3.png", REGIONS)
    write_indexed(tmp_path / "flat" / "10_left.png", REGIONS)
    (trouble,) = Funpiq(tmp_path / "flat", roots).list().troubles
    assert (trouble.kind, trouble.what) == (TroubleKind.AMBIGUOUS, "12.3.png")


def test_two_annotations_of_one_photograph(roots: dict[Source, Path], tmp_path: Path) -> None:
    write_indexed(tmp_path / "annotations" / "EyeQ" / "second" / "10_left.png", REGIONS)
    found = Funpiq(tmp_path / "annotations", roots).list()
    assert len(found.items) == 3
    assert [trouble.kind for trouble in found.troubles] == [TroubleKind.DUPLICATE]


def test_annotations_beside_the_photographs_are_not_taken_for_photographs(tmp_path: Path) -> None:
    root = tmp_path / "all"
    write_picture(root / "photographs" / "10_left.png", size=32)
    write_indexed(root / "annotations" / "10_left.png", REGIONS)
    (item,) = Funpiq(root, {Source.EYEQ: root}).list().items
    assert item.path == root / "photographs" / "10_left.png"
    assert item.truth.annotation == root / "annotations" / "10_left.png"


def test_indexes_are_read_and_not_colours(tmp_path: Path) -> None:
    path = write_indexed(tmp_path / "a.png", REGIONS)
    assert is_annotation(path)
    assert np.array_equal(read_annotation(path), REGIONS)
    assert [int(region) for region in Region] == [0, 1, 2, 3]
    # the palette's own order says nothing: a picture whose colours are exchanged holds the same classes
    image = Image.open(path)
    image.putpalette([193, 69, 69, 0, 0, 0, 106, 153, 78, 232, 168, 56])
    image.save(tmp_path / "b.png")
    assert np.array_equal(read_annotation(tmp_path / "b.png"), REGIONS)
    # indexes that a program kept as grey values
    Image.fromarray(REGIONS).save(tmp_path / "c.png")
    assert np.array_equal(read_annotation(tmp_path / "c.png"), REGIONS)


def test_a_flattened_annotation_is_refused(tmp_path: Path) -> None:
    path = write_indexed(tmp_path / "a.png", REGIONS)
    image = Image.open(path)
    image.convert("RGB").save(tmp_path / "rgb.png")
    image.convert("L").save(tmp_path / "grey.png")
    with pytest.raises(AnnotationError, match="flattened to RGB"):
        read_annotation(tmp_path / "rgb.png")
    with pytest.raises(AnnotationError, match="classes are 0 to 3"):
        read_annotation(tmp_path / "grey.png")


def test_a_damaged_annotation_is_refused(tmp_path: Path) -> None:
    path = write_indexed(tmp_path / "a.png", np.arange(40_000, dtype=np.uint8).reshape(200, 200) % 4)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AnnotationError, match="damaged"):
        read_annotation(path)
    path.write_bytes(b"no picture")
    with pytest.raises(AnnotationError, match="not a PNG"):
        read_annotation(path)
    assert not is_annotation(path)
    with pytest.raises(AnnotationError):
        read_annotation(tmp_path / "none.png")


def test_no_annotations(roots: dict[Source, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match="holds no PNG"):
        Funpiq(tmp_path / "empty", roots).list()
