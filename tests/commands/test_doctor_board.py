"""What the doctor says of each board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.commands.doctor_board import board_findings
from fundusgate.commands.doctor_findings import Finding, Purpose, Sign
from fundusgate.device.board.board import read_board
from tests.device.board.trees import BOARDS, orin_nano_super, orin_nx, plant, raspberry_pi_5, thor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.device.board.trees import Files

GPU = "sys/class/devfreq/17000000.gpu"
THERMAL = "sys/class/thermal"


def findings(tmp_path: Path, files: Files) -> list[Finding]:
    return board_findings(read_board(plant(tmp_path, files)))


def of(topic: str, found: list[Finding]) -> Finding:
    return next(finding for finding in found if finding.topic == topic)


@pytest.mark.parametrize(
    ("name", "modes", "fix"),
    [
        ("orin_nano_super", ("25W", "MAXN_SUPER"), "sudo nvpmodel -m 2"),
        ("agx_orin", ("MODE_30W", "MAXN"), "sudo nvpmodel -m 0"),
        ("xavier_nx", ("MODE_15W_6CORE", "MODE_20W_6CORE"), "sudo nvpmodel -m 8"),
        ("thor", ("120W", "MAXN"), "sudo nvpmodel -m 0"),
    ],
)
def test_a_mode_below_the_maximum_is_named_with_it(name: str, modes: tuple[str, str], fix: str, tmp_path: Path) -> None:
    finding = of("power mode", findings(tmp_path, BOARDS[name]()))
    assert all(mode in finding.says for mode in modes)
    assert finding.fix == fix
    assert finding.seen_for(Purpose.BENCHMARK) is Sign.FIX
    assert finding.seen_for(Purpose.SCREENING) is Sign.WARNING


def test_a_board_that_is_ready_for_a_benchmark(tmp_path: Path) -> None:
    found = findings(tmp_path, orin_nx())
    assert {finding.seen_for(Purpose.BENCHMARK) for finding in found} == {Sign.GOOD}


def test_super_modes_that_are_left_out(tmp_path: Path) -> None:
    files = {**orin_nx(), "etc/nvpmodel/nvpmodel_p3767_0000_super.conf": ""}
    assert of("Super modes", findings(tmp_path, files)).sign is Sign.WARNING


def test_clocks_that_are_not_locked_matter_for_a_benchmark_alone(tmp_path: Path) -> None:
    finding = of("jetson_clocks", findings(tmp_path, orin_nano_super()))
    assert (finding.seen_for(Purpose.BENCHMARK), finding.seen_for(Purpose.SCREENING)) == (Sign.FIX, Sign.WARNING)
    assert finding.fix == "sudo jetson_clocks"


def test_a_gpu_that_may_not_do_what_its_mode_promises(tmp_path: Path) -> None:
    files = {**orin_nano_super(), f"{GPU}/max_freq": "624750000"}
    assert "918 MHz" in of("GPU limit", findings(tmp_path, files)).says
    files["var/lib/nvpmodel/status"] = "pmode:0002"
    assert "1020 MHz" in of("GPU limit", findings(tmp_path, files)).says


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({f"{THERMAL}/cooling_device0/cur_state": "2"}, "cpu-throttle-alert"),
        (
            {f"{THERMAL}/cooling_device7/type": "devfreq-17000000.gpu", f"{THERMAL}/cooling_device7/cur_state": "1"},
            "gpu",
        ),
        ({f"{GPU}/cur_freq": "114750000"}, "below its own lower limit of 306 MHz"),
    ],
)
def test_what_slows_it_down_now(changed: Files, says: str, tmp_path: Path) -> None:
    finding = of("throttling", findings(tmp_path, {**orin_nano_super(), **changed}))
    assert says in finding.says
    assert [finding.seen_for(purpose) for purpose in Purpose] == [Sign.FIX, Sign.FIX]


def test_a_busy_gpu_below_its_limit_is_a_hint(tmp_path: Path) -> None:
    files = {**orin_nano_super(), "sys/devices/platform/gpu.0/load": "980", f"{GPU}/cur_freq": "612000000"}
    finding = of("throttling", findings(tmp_path, files))
    assert finding.sign is Sign.WARNING
    assert "612 MHz of 918 MHz" in finding.says


def test_what_slowed_it_down_since_the_start(tmp_path: Path) -> None:
    found = [finding for finding in findings(tmp_path, thor()) if finding.topic == "throttling"]
    assert "instantaneous over-current 179 times (oc3)" in found[1].says


def test_a_pi_with_a_weak_supply(tmp_path: Path) -> None:
    files = {**raspberry_pi_5(), "sys/class/hwmon/hwmon3/in0_lcrit_alarm": "1"}
    finding = of("supply", findings(tmp_path, files))
    assert finding.sign is Sign.FIX


def test_a_fan_that_stands(tmp_path: Path) -> None:
    files = {**raspberry_pi_5(), "sys/class/hwmon/hwmon2/fan1_input": "0"}
    assert of("fan", findings(tmp_path, files)).sign is Sign.FIX


def test_close_to_where_it_slows_down(tmp_path: Path) -> None:
    finding = of("temperature", findings(tmp_path, {**orin_nx(), f"{THERMAL}/thermal_zone0/temp": "95500"}))
    assert finding.sign is Sign.WARNING
    assert "99 C" in finding.says


def test_a_rail_beyond_its_limit(tmp_path: Path) -> None:
    files = {**orin_nano_super(), "sys/class/hwmon/hwmon1/curr1_input": "5100"}
    assert "VDD_IN draws 5.1 A" in of("power", findings(tmp_path, files)).says


@pytest.mark.parametrize(("available", "sign"), [(300_000, Sign.FIX), (900_000, Sign.WARNING), (4_000_000, Sign.GOOD)])
def test_memory(available: int, sign: Sign, tmp_path: Path) -> None:
    text = f"MemTotal: 7802712 kB\nMemAvailable: {available} kB\nSwapTotal: 4096 kB\n"
    assert of("memory", findings(tmp_path, {**orin_nano_super(), "proc/meminfo": text})).sign is sign


def test_a_small_board_without_swap(tmp_path: Path) -> None:
    text = "MemTotal: 7802712 kB\nMemAvailable: 4000000 kB\nSwapTotal: 0 kB\n"
    assert of("swap", findings(tmp_path, {**orin_nano_super(), "proc/meminfo": text})).sign is Sign.WARNING


def test_modes_that_cannot_be_read_are_no_reason_to_stop(tmp_path: Path) -> None:
    files = orin_nano_super()
    del files["var/lib/nvpmodel/status"]
    assert of("power mode", findings(tmp_path, files)).sign is Sign.WARNING


def test_a_jetson_linux_that_nobody_knows(tmp_path: Path) -> None:
    files = {**orin_nano_super(), "etc/nv_tegra_release": "# R44 (release), REVISION: 1.0"}
    finding = of("machine", findings(tmp_path, files))
    assert (finding.sign, "44.1.0" in finding.says) == (Sign.WARNING, True)


@pytest.mark.parametrize("name", ["raspberry_pi_5", "pc"])
def test_what_only_jetsons_have_is_not_asked_elsewhere(name: str, tmp_path: Path) -> None:
    topics = {finding.topic for finding in findings(tmp_path, BOARDS[name]())}
    assert not topics & {"power mode", "jetson_clocks", "GPU limit"}


@pytest.mark.parametrize("name", BOARDS)
def test_every_sentence_ends_and_every_fix_says_something(name: str, tmp_path: Path) -> None:
    for finding in findings(tmp_path, BOARDS[name]()):
        assert finding.says[0].isalnum()
        assert finding.sign is not Sign.FIX or finding.fix
