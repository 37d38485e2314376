from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.identity import Kind, read_identity
from fundusgate.device.board.jetpacks import JETPACKS, jetpack_name, jetpacks_of_l4t
from fundusgate.device.board.tree import Tree
from tests.device.board.trees import orin_nano_super, plant

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "l4t"),
    [
        (
            "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: x\n# KERNEL: oot\n",
            "36.4.3",
        ),
        ("# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64, DATE: x", "32.7.1"),
        ("# R38 (release), REVISION: 2.0", "38.2.0"),
        ("R39 (release), REVISION: 2.1, GCID: 1", "39.2.1"),
        ("# R35 (release)", "35"),
        ("# R36 (early access), REVISION: 2.0", "36.2.0"),
        ("not a release", None),
    ],
)
def test_jetson_linux(text: str, l4t: str | None, tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**orin_nano_super(), "etc/nv_tegra_release": text}))
    assert read_identity(tree).l4t == l4t


def test_jetson_linux_and_jetpack_by_their_packages(tmp_path: Path) -> None:
    status = (
        "Package: nvidia-jetpack\nStatus: install ok installed\nVersion: 6.2.1+b38\n\n"
        "Package: nvidia-l4t-core\nStatus: install ok installed\nVersion: 36.4.4-20250616085344\n\n"
    )
    files = {**orin_nano_super(), "var/lib/dpkg/status": status}
    assert read_identity(Tree(plant(tmp_path / "a", files))).jetpack == "6.2.1"
    files["etc/nv_tegra_release"] = ""
    assert read_identity(Tree(plant(tmp_path / "b", files))).l4t == "36.4.4"


def test_a_package_that_was_removed_does_not_count(tmp_path: Path) -> None:
    status = "Package: nvidia-jetpack\nStatus: deinstall ok config-files\nVersion: 5.0\n\n"
    files = {**orin_nano_super(), "var/lib/dpkg/status": status}
    assert read_identity(Tree(plant(tmp_path, files))).jetpack == "6.2"


@pytest.mark.parametrize(
    ("l4t", "name"),
    [
        ("36.4.4", "6.2.1"),
        ("36.4.7", "6.1 or 6.2"),
        ("35.3.1", "5.1.1"),
        ("35.1", "5.0.2"),
        ("32.7.9", "4.6"),
        ("39.2.2", "7.2 or 7.2.2"),
        ("40.1.0", None),
        ("garbage", None),
        (None, None),
    ],
)
def test_jetpack_by_jetson_linux(l4t: str | None, name: str | None) -> None:
    assert jetpack_name(l4t) == name


def test_every_jetpack_is_found_by_its_own_jetson_linux() -> None:
    for jetpack in JETPACKS.values():
        for end in jetpack.l4t.split("-"):
            assert jetpack in jetpacks_of_l4t(f"{end}.0")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("NVIDIA Jetson AGX Orin Developer Kit\0", Kind.JETSON),
        ("Raspberry Pi Compute Module 5 Rev 1.0\0", Kind.RASPBERRY_PI),
        ("Radxa ROCK 5B\0", Kind.OTHER),
    ],
)
def test_kinds(model: str, kind: Kind, tmp_path: Path) -> None:
    assert read_identity(Tree(plant(tmp_path, {"proc/device-tree/model": model}))).kind is kind
