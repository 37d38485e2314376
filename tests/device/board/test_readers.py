"""Heat, clocks, memory, disks and time: what the boards' own listings do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.clock_time import read_clock_time
from fundusgate.device.board.clocks import Clock, read_clocks
from fundusgate.device.board.heat import Brake, Fan, Zone, read_heat
from fundusgate.device.board.memory import read_memory
from fundusgate.device.board.storage import DiskKind, read_storage, space_of
from fundusgate.device.board.tree import Tree
from tests.device.board.trees import orin_nano_super, pc, plant, thor, xavier_nx

if TYPE_CHECKING:
    from pathlib import Path

THERMAL = "sys/class/thermal"


def test_a_brake_that_is_on(tmp_path: Path) -> None:
    files = {**orin_nano_super(), f"{THERMAL}/cooling_device0/cur_state": "3"}
    assert read_heat(Tree(plant(tmp_path, files))).braking == (Brake("cpu-throttle-alert", 3),)


def test_a_temperature_that_cannot_be(tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**orin_nano_super(), f"{THERMAL}/thermal_zone1/temp": "-256000\n"}))
    heat = read_heat(tree)
    assert [zone.celsius for zone in heat.zones][1] is None
    assert tree.unread[0].path == f"/{THERMAL}/thermal_zone1/temp"


def test_the_lowest_trips(tmp_path: Path) -> None:
    extra = {f"{THERMAL}/thermal_zone0/trip_point_2_type": "passive"}
    extra[f"{THERMAL}/thermal_zone0/trip_point_2_temp"] = "70000"
    zone = read_heat(Tree(plant(tmp_path, {**orin_nano_super(), **extra}))).zones[0]
    assert (zone.slows_at, zone.stops_at) == (70.0, 104.5)


@pytest.mark.parametrize("nobody_has_set", ["0", "-274000", "20000"])
def test_trips_of_an_x86_that_nobody_has_set(nobody_has_set: str, tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**pc(), f"{THERMAL}/thermal_zone0/trip_point_0_temp": nobody_has_set}))
    assert read_heat(tree).zones[0].slows_at is None
    assert tree.unread == []


def test_a_processor_of_amd(tmp_path: Path) -> None:
    folder = "sys/class/hwmon/hwmon4"
    files = {f"{folder}/name": "k10temp", f"{folder}/temp1_input": "61250", f"{folder}/temp1_label": "Tctl"}
    assert read_heat(Tree(plant(tmp_path, files))).zones == (Zone("Tctl", 61.25),)


def test_a_fan_whose_tachometer_is_a_device_of_its_own(tmp_path: Path) -> None:
    fans = read_heat(Tree(plant(tmp_path, thor()))).fans
    assert fans == (Fan("pwmfan", 1786, 58 / 255),)


def test_the_power_chips_fixed_temperature_is_not_the_hottest(tmp_path: Path) -> None:
    hottest = read_heat(Tree(plant(tmp_path, xavier_nx()))).hottest
    assert hottest is not None
    assert (hottest.name, hottest.celsius) == ("CPU-therm", 38.0)


@pytest.mark.parametrize(
    ("fan", "stuck"),
    [(Fan("f", 0, 0.5), True), (Fan("f", 0, 0.0), False), (Fan("f", None, 1.0), False), (Fan("f", 900, 1.0), False)],
)
def test_a_fan_that_is_driven_and_stands(fan: Fan, stuck: bool) -> None:
    assert fan.stuck is stuck


def test_clocks_that_are_locked(tmp_path: Path) -> None:
    files = orin_nano_super()
    assert read_clocks(Tree(plant(tmp_path / "a", files))).locked is False
    for path in list(files):
        if path.endswith(("min_freq", "scaling_min_freq")):
            files[path] = files[path.replace("min_freq", "max_freq")]
    assert read_clocks(Tree(plant(tmp_path / "b", files))).locked is True
    del files["sys/class/devfreq/17000000.gpu/min_freq"]
    assert read_clocks(Tree(plant(tmp_path / "c", files))).locked is None


@pytest.mark.parametrize(("current", "held"), [(500, True), (595, False), (600, False), (0, False), (None, False)])
def test_a_clock_below_its_own_floor(current: int | None, held: bool) -> None:
    assert Clock("gpu", current, 600, 900).held_below is held


def test_of_several_clocks_of_a_gpu_the_graphics_clusters_is_the_one(tmp_path: Path) -> None:
    files = {f"sys/class/devfreq/gpu-{name}-0/max_freq": "900" for name in ("aux", "gpc", "nvd", "sys")}
    gpu = read_clocks(Tree(plant(tmp_path, files))).gpu
    assert gpu is not None
    assert gpu.name == "gpu-gpc-0"


def test_the_memorys_clock_for_root(tmp_path: Path) -> None:
    emc = "sys/kernel/debug/bpmp/debug/clk/emc"
    files = {**orin_nano_super(), f"{emc}/rate": "2133000000", f"{emc}/max_rate": "3199000000"}
    memory = read_clocks(Tree(plant(tmp_path, files))).memory
    assert memory == Clock("emc", 2_133_000_000, None, 3_199_000_000)


def test_the_gpu_of_an_older_kernel_that_lists_no_devfreq(tmp_path: Path) -> None:
    folder = "sys/devices/platform/17000000.gpu/devfreq_dev"
    files = {f"{folder}/{name}_freq": value for name, value in (("cur", "306"), ("min", "306"), ("max", "918"))}
    gpu = read_clocks(Tree(plant(tmp_path, files))).gpu
    assert gpu is not None
    assert (gpu.name, gpu.highest) == ("17000000.gpu", 918)


def test_an_emmc_and_a_network_root(tmp_path: Path) -> None:
    files = {"sys/block/mmcblk0/size": "8", "sys/block/mmcblk0/device/type": "MMC", "proc/mounts": "10.0.0.1:/r / nfs"}
    found = read_storage(Tree(plant(tmp_path, files)))
    assert [(disk.kind, disk.bytes) for disk in found.disks] == [(DiskKind.EMMC, 4096)]
    assert found.system is None


def test_the_disk_that_the_system_runs_from(tmp_path: Path) -> None:
    found = read_storage(Tree(plant(tmp_path, thor())))
    assert [disk.name for disk in found.disks] == ["nvme0n1"]
    assert found.system == "nvme0n1"


def test_room_for_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    space = space_of(tmp_path / "a" / "b")
    assert space is not None
    assert 0 < space.free <= space.total


def test_swap_in_memory_is_told_from_swap_on_a_disk(tmp_path: Path) -> None:
    swaps = "Filename Type Size Used Priority\n/dev/zram0 partition 1000 0 5\n/swapfile file 5000 0 -2\n"
    memory = read_memory(Tree(plant(tmp_path, {**orin_nano_super(), "proc/swaps": swaps})))
    assert memory.zram == 1000 * 1024


@pytest.mark.parametrize(
    ("files", "synchronised", "daemon"),
    [
        ({"run/systemd/timesync/synchronized": ""}, True, "timesyncd"),
        ({"run/systemd/timesync/other": ""}, False, "timesyncd"),
        ({"run/chrony/chronyd.pid": "7"}, None, "chronyd"),
        ({}, None, None),
    ],
)
def test_who_set_the_clock(
    files: dict[str, str], synchronised: bool | None, daemon: str | None, tmp_path: Path
) -> None:
    clock = read_clock_time(Tree(plant(tmp_path, files)))
    assert (clock.synchronised, clock.daemon) == (synchronised, daemon)
