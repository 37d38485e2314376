from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.throttling import PiFlags, Throttling, read_throttling
from fundusgate.device.board.tree import Tree
from tests.device.board.trees import orin_nano_super, plant, raspberry_pi_5

if TYPE_CHECKING:
    from pathlib import Path

PI_4 = "sys/devices/platform/soc/soc:firmware/get_throttled"
PI_5 = "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


def throttling(tmp_path: Path, files: dict[str, str]) -> Throttling:
    return read_throttling(Tree(plant(tmp_path, files)))


def test_over_current(tmp_path: Path) -> None:
    found = throttling(tmp_path, orin_nano_super()).happened
    assert [(event.name, event.count) for event in found] == [("oc2", 15), ("oc3", 37)]


@pytest.mark.parametrize("path", [PI_4, PI_5])
@pytest.mark.parametrize(
    ("word", "flags"),
    [
        ("0", PiFlags(False, False, False, False)),
        ("50005", PiFlags(True, True, True, True)),
        ("0x50000", PiFlags(False, True, False, True)),
        ("80008", PiFlags(False, False, True, True)),
        ("10001", PiFlags(True, True, False, False)),
    ],
)
def test_the_pis_word_is_hexadecimal(path: str, word: str, flags: PiFlags, tmp_path: Path) -> None:
    assert throttling(tmp_path, {path: f"{word}\n"}).pi == flags


def test_a_pi_without_the_word_has_its_voltage_alarm(tmp_path: Path) -> None:
    files = raspberry_pi_5()
    assert throttling(tmp_path, files).pi == PiFlags(under_voltage=False)
    files["sys/class/hwmon/hwmon3/in0_lcrit_alarm"] = "1"
    assert throttling(tmp_path, files).pi == PiFlags(under_voltage=True)


def test_a_word_that_is_none_is_listed(tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {PI_4: "throttled=0x0"}))
    assert read_throttling(tree).pi == PiFlags()
    assert [unread.path for unread in tree.unread] == [f"/{PI_4}"]


def test_a_machine_that_says_nothing(tmp_path: Path) -> None:
    assert throttling(tmp_path, {}) == Throttling()
