"""What is read of each board, and of one that nobody has seen yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.board import read_board
from fundusgate.device.board.identity import Kind
from fundusgate.device.board.storage import DiskKind
from tests.device.board.trees import BOARDS, plant

if TYPE_CHECKING:
    from pathlib import Path

JETSONS = {
    "orin_nano_super": ("36.4.3", "6.2", "25W", "25W", "MAXN_SUPER", 918e6, 7.503936, ("VDD_IN",)),
    "orin_nx": ("36.3.0", "6.0", "MAXN", "15W", "MAXN", 918e6, 10.987008, ("VDD_IN",)),
    "agx_orin": (
        *("35.4.1", "5.1.2", "MODE_30W", "MODE_30W", "MAXN", 612e6, 12.616674),
        ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    ),
    "xavier_nx": (
        *("35.4.1", "5.1.2", "MODE_15W_6CORE", "MODE_15W_6CORE", "MODE_20W_6CORE", 1_109.25e6, 4.503936),
        ("VDD_IN",),
    ),
    "thor": ("38.4.0", "7.1", "120W", "120W", "MAXN", 1_386e6, 23.00452, ("VIN",)),
}


@pytest.mark.parametrize("name", JETSONS)
def test_a_jetson(name: str, tmp_path: Path) -> None:
    l4t, jetpack, mode, default, maximum, gpu, watts, counted = JETSONS[name]
    board = read_board(plant(tmp_path, BOARDS[name]()))
    assert board.identity.kind is Kind.JETSON
    assert (board.identity.l4t, board.identity.jetpack) == (l4t, jetpack)
    modes = board.power_modes
    assert modes.current
    assert modes.default
    assert modes.maximum
    assert (modes.current.name, modes.default.name, modes.maximum.name) == (mode, default, maximum)
    assert board.clocks.gpu is not None
    assert board.clocks.gpu.highest == gpu
    assert board.clocks.locked is (name == "orin_nx")
    assert board.power.watts == pytest.approx(watts)
    assert board.power.counted == counted
    assert board.time.synchronised is True
    assert board.unread == ()


def test_names_have_no_trailing_zero_byte(tmp_path: Path) -> None:
    board = read_board(plant(tmp_path, BOARDS["orin_nano_super"]()))
    assert board.identity.model == "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"
    assert board.identity.compatible == ("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234")


def test_the_clusters_of_the_cpu(tmp_path: Path) -> None:
    names = [clock.name for clock in read_board(plant(tmp_path, BOARDS["xavier_nx"]())).clocks.cpus]
    assert names == ["cpu0-1", "cpu2-3", "cpu4-5"]


def test_thors_video_engines_are_not_taken_for_its_gpu(tmp_path: Path) -> None:
    clocks = read_board(plant(tmp_path, BOARDS["thor"]())).clocks
    assert clocks.gpu is not None
    assert clocks.memory is not None
    assert clocks.gpu.name == "gpu-gpc-0"
    assert clocks.memory.highest == 4_266_000_000
    # switched off is not held back
    assert clocks.gpu.current == 0
    assert not clocks.gpu.held_below


def test_a_sensor_of_a_part_that_is_off_has_no_temperature(tmp_path: Path) -> None:
    zones = {zone.name: zone.celsius for zone in read_board(plant(tmp_path, BOARDS["thor"]())).heat.zones}
    assert zones["gpu-thermal"] is None
    assert zones["tj-thermal"] == 55.125


def test_the_old_nano(tmp_path: Path) -> None:
    board = read_board(plant(tmp_path, BOARDS["old_nano"]()))
    assert (board.identity.l4t, board.identity.jetpack) == ("32.7.1", "4.6.1")
    assert board.power.watts == pytest.approx(5.136 * 0.56)
    assert [rail.name for rail in board.power.rails] == ["POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"]
    assert board.clocks.gpu is not None
    assert board.clocks.gpu.highest == 921_600_000


def test_a_raspberry_pi(tmp_path: Path) -> None:
    board = read_board(plant(tmp_path, BOARDS["raspberry_pi_5"]()))
    assert board.identity.kind is Kind.RASPBERRY_PI
    assert (board.identity.l4t, board.identity.jetpack, board.clocks.gpu, board.power.watts) == (None, None, None, None)
    assert board.power.rails == ()
    assert board.power_modes.modes == ()
    assert board.heat.fans[0].rpm == 3012
    assert board.storage.disks[0].kind is DiskKind.SD
    assert board.storage.system == "mmcblk0"
    assert board.memory.zram == 0


def test_a_plain_pc(tmp_path: Path) -> None:
    board = read_board(plant(tmp_path, BOARDS["pc"]()))
    assert board.identity.kind is Kind.OTHER
    assert board.identity.model == "Dell Inc. Latitude 7450"
    assert board.heat.braking == ()
    assert [(events.meaning, events.count) for events in board.throttling.happened] == [("heat", 12)]


def test_a_board_of_the_future_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    files = {
        "proc/device-tree/model": "NVIDIA Jetson Rubin Nano Developer Kit\0",
        "proc/device-tree/compatible": "nvidia,p9999-0000\0nvidia,tegra300\0",
        "etc/nv_tegra_release": "# R42 (release), REVISION: 1.0, GCID: 1, BOARD: generic, EABI: aarch64, DATE: now\n",
        "etc/nvpmodel.conf": "< POWER_MODEL ID=7 NAME=SIP >\nGPU MAX_FREQ 500000000\n"
        "< POWER_MODEL ID=4 NAME=GULP >\nGPU MAX_FREQ 900000000\n< PM_CONFIG DEFAULT=7 >\n",
        "var/lib/nvpmodel/status": "pmode:0007\n",
        "sys/class/devfreq/22000000.gr10b/cur_freq": "300000000\n",
        "sys/class/devfreq/22000000.gr10b/min_freq": "300000000\n",
        "sys/class/devfreq/22000000.gr10b/max_freq": "500000000\n",
        "sys/class/hwmon/hwmon0/name": "ina4230\n",
        "sys/class/hwmon/hwmon0/in1_label": "VIN_12V0\n",
        "sys/class/hwmon/hwmon0/in1_input": "12000\n",
        "sys/class/hwmon/hwmon0/curr1_input": "1500\n",
        "sys/class/hwmon/hwmon0/in2_label": "VDD_ALL_CORES\n",
        "sys/class/hwmon/hwmon0/in2_input": "12000\n",
        "sys/class/hwmon/hwmon0/curr2_input": "700\n",
    }
    board = read_board(plant(tmp_path, files))
    assert (board.identity.kind, board.identity.l4t, board.identity.jetpack) == (Kind.JETSON, "42.1.0", None)
    assert board.power_modes.current
    assert board.power_modes.maximum
    assert (board.power_modes.current.name, board.power_modes.maximum.name) == ("SIP", "GULP")
    assert board.clocks.gpu is not None
    assert board.clocks.gpu.current == 300_000_000
    assert board.power.watts == pytest.approx(18.0)
    assert board.memory.total is None


def test_an_empty_root_tells_nothing(tmp_path: Path) -> None:
    board = read_board(tmp_path)
    assert board.identity.kind is Kind.OTHER
    assert board.unread == ()
    assert (board.power.watts, board.clocks.gpu, board.heat.hottest, board.memory.available) == (None, None, None, None)


@pytest.mark.parametrize("name", BOARDS)
def test_all_of_it_goes_into_json(name: str, tmp_path: Path) -> None:
    board = read_board(plant(tmp_path, BOARDS[name]()))
    told = json.loads(json.dumps(board.to_json_object()))
    assert told["identity"]["model"] == board.identity.model


def test_this_machine_is_read_without_a_word() -> None:
    board = read_board()
    assert board.memory.total
    assert board.time.uptime
    assert board.identity.kernel
