"""Boards that are odd: nothing crashes, no rail is counted twice, and what is not known is said to be unknown."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from fundusgate.commands.doctor_board import board_findings
from fundusgate.device.board.board import BoardState, read_board
from fundusgate.device.board.identity import Kind
from fundusgate.device.board.storage import DiskKind
from tests.device.board.odd_trees import ODD_BOARDS
from tests.device.board.trees import plant

if TYPE_CHECKING:
    from pathlib import Path

WATTS = {
    "agx_orin_industrial": 4.968 * 0.953 + 12 * 0.43 + 12 * 0.22,
    "orin_nano_4gb": 5.024 * 0.8,
    "agx_xavier_jetpack_4": 12.16 * 0.24 + 4.74 * 0.4,
    "tx2_jetpack_4": 19.056 * 0.116,
    "thor_without_its_carriers_monitor": 11.95 * 0.585 + 4.97 * 1.312,
    "orin_nx_on_another_carrier": 4.976 * 2.208,
}
"""Of those that tell it."""


@pytest.fixture
def boards(tmp_path: Path) -> Boards:
    return Boards(tmp_path)


class Boards:
    """Odd boards, read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> BoardState:
        return read_board(plant(self._folder / name, ODD_BOARDS[name]()))


def says(board: BoardState, topic: str) -> str:
    return " ".join(finding.says for finding in board_findings(board) if finding.topic == topic)


@pytest.mark.parametrize("name", ODD_BOARDS)
def test_it_is_read_told_and_written_down(name: str, boards: Boards) -> None:
    board = boards[name]
    assert all(finding.says for finding in board_findings(board))
    json.dumps(board.to_json_object(), allow_nan=False)


@pytest.mark.parametrize("name", ODD_BOARDS)
def test_power_is_right_or_unknown(name: str, boards: Boards) -> None:
    power = boards[name].power
    if name in WATTS:
        assert power.watts == pytest.approx(WATTS[name])
        assert len(set(power.counted)) == len(power.counted)
    else:
        assert (power.watts, power.counted) == (None, ())


@pytest.mark.parametrize(
    ("name", "kind", "l4t", "jetpack"),
    [
        ("agx_orin_industrial", Kind.JETSON, "36.4.4", "6.2.1"),
        ("agx_xavier_jetpack_4", Kind.JETSON, "32.7.4", "4.6.4"),
        ("tx2_jetpack_4", Kind.JETSON, "32.7.6", "4.6.6"),
        ("thor_without_its_carriers_monitor", Kind.JETSON, "38.2.0", "7.0"),
        ("igx_orin", Kind.JETSON, "36.4.0", "6.1"),
        ("container_on_a_jetson", Kind.JETSON, "36.4.3", "6.2"),
        ("container_anywhere", Kind.OTHER, None, None),
        ("compute_module_5", Kind.RASPBERRY_PI, None, None),
        ("compute_module_4", Kind.RASPBERRY_PI, None, None),
        ("rockchip", Kind.OTHER, None, None),
        ("amd_laptop", Kind.OTHER, None, None),
    ],
)
def test_what_it_is(name: str, kind: Kind, l4t: str | None, jetpack: str | None, boards: Boards) -> None:
    identity = boards[name].identity
    assert (identity.kind, identity.l4t, identity.jetpack) == (kind, l4t, jetpack)


def test_a_cluster_that_is_off_neither_unlocks_the_clocks_nor_is_missed(boards: Boards) -> None:
    board = boards["agx_orin_industrial"]
    assert [clock.name for clock in board.clocks.cpus] == ["cpu0-3", "cpu4-7"]
    assert board.clocks.locked is True
    assert board.unread == ()
    assert says(board, "jetson_clocks").startswith("On")


def test_parts_of_an_emmc_and_the_firmwares_chip_are_no_disks(boards: Boards) -> None:
    storage = boards["agx_orin_industrial"].storage
    assert [(disk.name, disk.kind) for disk in storage.disks] == [("mmcblk0", DiskKind.EMMC)]
    assert storage.system == "mmcblk0"


def test_a_card_that_does_not_say_what_it_is(boards: Boards) -> None:
    assert [(disk.name, disk.kind) for disk in boards["rockchip"].storage.disks] == [("mmcblk1", DiskKind.DISK)]


def test_no_power_mode_was_ever_set(boards: Boards) -> None:
    board = boards["orin_nano_4gb"]
    assert board.power_modes.current is None
    assert board.power_modes.maximum is not None
    assert board.power_modes.maximum.name == "10W"
    assert says(board, "power mode") == "The power mode cannot be read."


def test_modes_of_jetpack_4(boards: Boards) -> None:
    for name, current, maximum in (
        ("agx_xavier_jetpack_4", "MODE_30W_ALL", "MAXN"),
        ("tx2_jetpack_4", "MAXP_CORE_ARM", "MAXN"),
    ):
        modes = boards[name].power_modes
        assert modes.current is not None
        assert modes.maximum is not None
        assert (modes.current.name, modes.maximum.name) == (current, maximum)


def test_what_a_counter_of_another_chip_means_is_not_assumed(boards: Boards) -> None:
    meanings = {
        name: boards[name].throttling.happened[0].meaning for name in ("agx_orin_industrial", "agx_xavier_jetpack_4")
    }
    assert meanings["agx_orin_industrial"] == "average over-current"
    assert meanings["agx_xavier_jetpack_4"] == "over-current or low voltage"


def test_a_monitor_of_a_carrier_is_not_taken_for_thors(boards: Boards) -> None:
    names = [rail.name for rail in boards["orin_nx_on_another_carrier"].power.rails]
    assert "ina238" in names
    assert "VIN" not in names


def test_a_gpu_whose_limit_reads_zero_has_none(boards: Boards) -> None:
    board = boards["thor_without_its_carriers_monitor"]
    assert board.clocks.gpu is not None
    assert board.clocks.gpu.highest is None
    assert board.clocks.locked is None
    assert says(board, "GPU limit") == ""


def test_locked_cores_alone_are_no_jetson_clocks(boards: Boards) -> None:
    board = boards["container_on_a_jetson"]
    assert board.clocks.gpu is None
    assert says(board, "jetson_clocks") == "Whether the clocks are locked cannot be read."
    assert says(board, "power mode") == "The power mode cannot be read."


def test_a_weak_supply_and_a_hot_past(boards: Boards) -> None:
    assert boards["compute_module_5"].throttling.pi.under_voltage is True
    flags = boards["compute_module_4"].throttling.pi
    assert (flags.slowed, flags.slowed_since_start) == (False, True)
    assert "Slowed down since the start" in says(boards["compute_module_4"], "throttling")


def test_clocks_of_other_makers(boards: Boards) -> None:
    board = boards["rockchip"]
    assert board.clocks.gpu is not None
    assert board.clocks.memory is not None
    assert (board.clocks.gpu.name, board.clocks.gpu.top) == ("fb000000.gpu", 1_000_000_000)
    assert (board.clocks.memory.name, board.clocks.memory.current) == ("dmc", 2_112_000_000)
    assert [brake.name for brake in board.heat.braking] == ["devfreq-fb000000.gpu"]
    assert boards["compute_module_5"].clocks.gpu is None


def test_an_empty_socket_is_no_fan_that_stands(boards: Boards) -> None:
    board = boards["amd_laptop"]
    assert [fan.rpm for fan in board.heat.fans] == [1140]
    assert says(board, "fan") == ""
    assert board.heat.hottest is not None
    assert board.heat.hottest.name == "Tctl"


def test_many_cores_and_disks(boards: Boards) -> None:
    board = boards["server_of_52_cores"]
    assert len(board.clocks.cpus) == 104
    assert board.clocks.cpus[100].name == "cpu100"
    # each package counts for itself, and every core of it tells the same
    assert [events.count for events in board.throttling.events] == [12]
    assert (len(board.storage.disks), board.storage.system) == (16, None)


def test_gibberish_is_nothing_and_said_to_be(boards: Boards) -> None:
    board = boards["gibberish"]
    assert board.identity.kind is Kind.JETSON
    assert board.unread
    told = json.loads(json.dumps(board.to_json_object()))
    for clock in (told["clocks"]["gpu"], *told["clocks"]["cpus"]):
        assert all(
            value is None or 0 <= value <= 20e9
            for key, value in clock.items()
            if key in ("current", "lowest", "highest")
        )
    assert all(rail["volts"] is None or 0 <= rail["volts"] <= 100 for rail in told["power"]["rails"])
    assert all(math.isfinite(zone["celsius"]) for zone in told["heat"]["zones"] if zone["celsius"] is not None)
