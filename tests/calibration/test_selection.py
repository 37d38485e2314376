from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from fundusgate.calibration.manifest import Band, CalibrationError, CalibrationManifest, read_manifest, verified_path
from fundusgate.calibration.selection import make_manifest

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 48


def write_photograph(path: Path, number: int, light: int, noise: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(number)
    pixels = np.clip(light + random.integers(-noise, noise + 1, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources; one labelled with patients of two photographs each, one without labels; one broken file."""
    root = tmp_path_factory.mktemp("photographs")
    rows = []
    for number in range(48):
        write_photograph(root / "clinic" / f"{number:02}.png", number, 40 + 4 * number, 5 + number % 3 * 20)
        quality = ("good", "usable", "reject")[number % 3]
        rows.append(
            {"file": f"clinic/{number:02}.png", "source": "camera-a", "patient": str(number // 2), "quality": quality}
        )
    for number in range(24):
        write_photograph(root / "street" / f"{number:02}.png", 100 + number, 120, 1 + 3 * number)
    (root / "street" / "broken.png").write_bytes(b"\x89PNG no picture")
    (root / "street" / "twin.png").write_bytes((root / "street" / "00.png").read_bytes())
    with (root / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


@pytest.fixture(scope="module")
def made(folder: Path) -> CalibrationManifest:
    return make_manifest(folder, count=24, seed=1)[0]


def test_the_sets_share_no_patient_and_no_content(made: CalibrationManifest) -> None:
    one, other = made.calibration, made.parity
    assert (len(one), len(other)) == (24, 24)
    assert {entry.patient for entry in one} & {entry.patient for entry in other} <= {None}
    assert not {entry.sha256 for entry in one} & {entry.sha256 for entry in other}


def test_strata_are_drawn_in_turn(made: CalibrationManifest) -> None:
    for chosen in (made.calibration, made.parity):
        strata = Counter((entry.source, entry.band, entry.brightness) for entry in chosen)
        assert {entry.source for entry in chosen} == {"camera-a", "street"}
        assert {entry.band for entry in chosen} == set(Band)
        # The draw goes round: no stratum gives a third photograph before every other gave what it has.
        assert max(strata.values()) <= 1 + max(2, 24 // len(strata))


def test_labels_decide_the_band_and_sharpness_where_there_are_none(made: CalibrationManifest) -> None:
    bands = {"0": Band.HIGH, "1": Band.MIDDLE, "2": Band.LOW}
    for entry in (*made.calibration, *made.parity):
        number = int(entry.file.partition("/")[2].removesuffix(".png"))
        if entry.source == "camera-a":
            assert (entry.band, entry.band_by) == (bands[str(number % 3)], "label")
        else:
            assert entry.band_by == "sharpness"
            if number < 7:
                assert entry.band is Band.LOW
            if number > 16:
                assert entry.band is Band.HIGH


def test_the_seed_decides_and_the_place_does_not(folder: Path, made: CalibrationManifest, tmp_path: Path) -> None:
    again, passed_over = make_manifest(folder, count=24, seed=1)
    assert again == made
    assert sorted(why.partition(":")[0] for why in passed_over) in (
        ["street/broken.png", "street/00.png"],
        ["street/00.png", "street/broken.png"],
        ["street/broken.png", "street/twin.png"],
    )
    assert make_manifest(folder, count=24, seed=2)[0].sha256 != made.sha256
    elsewhere = made.model_copy(update={"folder": str(tmp_path)})
    assert elsewhere.sha256 == made.sha256
    changed = made.model_copy(update={"seed": 9})
    assert changed.sha256 != made.sha256


def test_it_is_read_back_with_a_folder_beside_it(folder: Path, made: CalibrationManifest) -> None:
    path = folder / "calibration.json"
    made.model_copy(update={"folder": "."}).save(path)
    read = read_manifest(path)
    assert read.sha256 == made.sha256
    assert verified_path(read, read.parity[0]) == folder / read.parity[0].file
    path.unlink()


def test_an_altered_photograph_is_refused(made: CalibrationManifest) -> None:
    other = made.calibration[0].model_copy(update={"sha256": "0" * 64})
    with pytest.raises(CalibrationError, match="not the photograph that the manifest names"):
        verified_path(made, other)
    gone = made.calibration[0].model_copy(update={"file": "clinic/gone.png"})
    with pytest.raises(CalibrationError, match="put it back or make the manifest again"):
        verified_path(made, gone)


def test_what_is_no_manifest_is_refused(tmp_path: Path, made: CalibrationManifest) -> None:
    with pytest.raises(CalibrationError, match="calibration make"):
        read_manifest(tmp_path / "absent.json")
    content = made.model_dump(mode="json")
    content["parity"] = content["calibration"]
    (tmp_path / "twice.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CalibrationError, match="the same photograph stands twice"):
        read_manifest(tmp_path / "twice.json")


@pytest.mark.parametrize(("count", "words"), [(0, "holds 0 photographs|no photographs"), (1, "two are the least")])
def test_too_few_photographs_are_refused(tmp_path: Path, count: int, words: str) -> None:
    for number in range(count):
        write_photograph(tmp_path / f"{number}.png", number, 90, 20)
    with pytest.raises(CalibrationError, match=words):
        make_manifest(tmp_path)


def test_photographs_of_one_patient_cannot_be_split(tmp_path: Path) -> None:
    for number in range(3):
        write_photograph(tmp_path / f"{number}.png", number, 90, 20)
    (tmp_path / "labels.csv").write_text("file,patient\n0.png,7\n1.png,7\n2.png,7\n", encoding="utf-8")
    with pytest.raises(CalibrationError, match="one patient"):
        make_manifest(tmp_path)
