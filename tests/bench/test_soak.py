from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fundusgate.bench.cautions import cautions
from fundusgate.bench.soaked import LONGEST_SILENCE, Soak, joules
from fundusgate.bench.watch import Watch, read_now
from fundusgate.device.board.board import read_board
from tests.bench.records import reading, series_of, setup_with

if TYPE_CHECKING:
    from pathlib import Path


def test_joules_by_hand() -> None:
    # 2 s from 4 to 6 W, 1 s from 6 to 10 W
    assert joules([reading(0.0, 4.0), reading(2.0, 6.0), reading(3.0, 10.0)]) == pytest.approx(18.0)
    assert joules([reading(0.0, 4.0)]) is None
    assert joules([reading(0.0, 4.0), reading(1.0)]) is None
    assert joules([reading(0.0), reading(1.0, 4.0), reading(2.0, 4.0)]) is None
    assert joules([]) is None


def test_a_sensor_that_is_silent_once_is_bridged_and_one_that_stays_silent_is_not() -> None:
    assert joules([reading(0.0, 4.0), reading(1.0), reading(2.0, 6.0)]) == pytest.approx(10.0)
    silent = LONGEST_SILENCE + 0.5
    assert joules([reading(0.0, 4.0), reading(1.0), reading(silent, 6.0)]) is None


def test_a_soak_whose_figures_were_altered_is_refused() -> None:
    whole = Soak.of(series_of([10.0] * 7), [reading(0.0, 5.0), reading(10.0, 5.0)], [reading(-2.0, 3.0)], ["VDD_IN"])
    content = whole.model_dump()
    assert Soak.model_validate(content) == whole
    for name in ("joules", "joules_a_verdict", "joules_a_verdict_above_idle", "idle_watts", "last_minute_p50_ms"):
        with pytest.raises(ValueError, match="do not follow"):
            Soak.model_validate(content | {name: 0.9 * content[name]})
    with pytest.raises(ValueError, match="do not follow"):
        Soak.model_validate(content | {"throttle_events": 1})


def test_energy_a_verdict() -> None:
    series = series_of([10.0] * 7)
    readings = [reading(0.0, 5.0, events=2), reading(10.0, 5.0, events=5)]
    found = Soak.of(series, readings, [reading(-2.0, 3.0), reading(-1.0, 3.0)], ["VDD_IN"])
    # three presses of warm-up are within the readings
    assert found.joules == pytest.approx(50.0)
    assert found.joules_a_verdict == pytest.approx(5.0)
    assert found.joules_a_verdict_above_idle == pytest.approx(2.0)
    assert found.throttle_events == 3


def test_no_power_no_energy() -> None:
    found = Soak.of(series_of([10.0, 11.0]), [reading(0.0), reading(1.0)], [], [])
    assert found.joules is found.joules_a_verdict is found.joules_a_verdict_above_idle is found.idle_watts is None


def test_drift_is_told() -> None:
    # 100 a second: the first minute at 10 ms, then 12 ms
    found = Soak.of(series_of([10.0] * 6001 + [12.0] * 6001), [reading(0.0), reading(121.0)], [], [])
    assert (found.first_minute_p50_ms, found.last_minute_p50_ms) == (10.0, 12.0)
    board = read_board()
    told = cautions(setup_with(), board, board, 0.0, [], found)
    assert any("last minute was 20 % slower" in caution for caution in told)


def test_unsteady_and_busy_are_told() -> None:
    board = read_board()
    setup = setup_with(clocks_locked=False)
    told = cautions(setup, board, board, 3.0, [series_of([10.0, 30.0] * 60, 10.0)], None)
    assert any("varies by 50 %" in caution for caution in told)
    assert any("load 3.0 on 6 processors" in caution for caution in told)
    assert any("clocks follow" in caution for caution in told)
    assert not cautions(setup_with(), board, board, 0.5, [series_of([10.0] * 120)], None)


def rail(root: Path, millivolts: int, milliamperes: int) -> None:
    folder = root / "sys/class/hwmon/hwmon1"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"name": "ina3221", "in1_label": "VDD_IN", "in1_input": millivolts, "curr1_input": milliamperes}
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")


def test_a_board_is_read(tmp_path: Path) -> None:
    rail(tmp_path, 5000, 1500)
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "type").write_text("gpu-thermal\n")
    (zone / "temp").write_text("61500\n")
    found = read_now(tmp_path)
    assert found.watts == pytest.approx(7.5)
    assert found.celsius == pytest.approx(61.5)
    assert found.gpu_hz is None


def test_the_watch_reads_until_the_end(tmp_path: Path) -> None:
    rail(tmp_path, 5000, 1000)
    with Watch(tmp_path, interval=0.01) as watch:
        while len(watch.readings) < 4:
            time.sleep(0.005)
        rail(tmp_path, 5000, 2000)
    found = watch.readings
    assert found[0].watts == pytest.approx(5.0)
    assert found[-1].watts == pytest.approx(10.0)
    assert [each.at_s for each in found] == sorted(each.at_s for each in found)
