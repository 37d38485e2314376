from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.power import Power, read_power
from fundusgate.device.board.tree import Tree
from tests.device.board.trees import agx_orin, orin_nx, plant, thor

if TYPE_CHECKING:
    from pathlib import Path


def monitor(rails: dict[str, tuple[int, int]], chip: str = "ina3221", number: int = 0) -> dict[str, str]:
    folder = f"sys/class/hwmon/hwmon{number}"
    files = {f"{folder}/name": f"{chip}\n"}
    for channel, (label, (millivolts, milliamperes)) in enumerate(rails.items(), start=1):
        files[f"{folder}/in{channel}_label"] = label
        files[f"{folder}/in{channel}_input"] = str(millivolts)
        files[f"{folder}/curr{channel}_input"] = str(milliamperes)
    return files


def power(tmp_path: Path, files: dict[str, str]) -> Power:
    return read_power(Tree(plant(tmp_path, files)))


def test_the_input_is_not_summed_with_its_parts(tmp_path: Path) -> None:
    found = power(tmp_path, orin_nx())
    assert found.watts == pytest.approx(4.976 * 2.208)
    assert len(found.rails) == 3


def test_agx_orin_has_no_input_rail_and_its_memory_is_part_of_the_five_volts(tmp_path: Path) -> None:
    found = power(tmp_path, agx_orin())
    assert found.watts == pytest.approx(0.843 * 6.170 + 0.780 * 3.437 + 4.968 * 0.953)
    assert "VDDQ_VDD2_1V8AO" in [rail.name for rail in found.rails]
    assert "VDDQ_VDD2_1V8AO" not in found.counted


def test_the_kernels_own_sums_and_unconnected_channels_are_no_rails(tmp_path: Path) -> None:
    names = [rail.name for rail in power(tmp_path, agx_orin()).rails]
    assert names == ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"]


def test_thors_carrier_measures_everything(tmp_path: Path) -> None:
    found = power(tmp_path, thor())
    assert (found.counted, found.watts) == (("VIN",), pytest.approx(23.00452))


def test_thors_module_without_that_carrier(tmp_path: Path) -> None:
    found = power(tmp_path, {path: text for path, text in thor().items() if "hwmon2/" not in path})
    assert found.counted == ("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0")
    assert found.watts == pytest.approx(11.95 * 0.545 + 4.97 * 1.312)


def test_agx_xaviers_six_rails(tmp_path: Path) -> None:
    first = monitor({"GPU": (12_000, 100), "CPU": (12_000, 200), "SOC": (12_000, 300)})
    second = monitor({"CV": (12_000, 10), "VDDRQ": (12_000, 20), "SYS5V": (12_000, 30)}, number=1)
    found = power(tmp_path, {**first, **second})
    assert found.watts == pytest.approx(12 * 0.66)
    assert len(found.counted) == 6


@pytest.mark.parametrize("gone", ["in1_input", "curr2_input"])
def test_a_rail_that_does_not_answer_leaves_no_total(gone: str, tmp_path: Path) -> None:
    files = agx_orin()
    del files[f"sys/class/hwmon/hwmon3/{gone}"]
    found = power(tmp_path, files)
    assert found.watts is None
    assert len(found.rails) == 4


def test_a_rail_that_is_off_by_its_switch(tmp_path: Path) -> None:
    files = {**orin_nx(), "sys/class/hwmon/hwmon2/in3_enable": "0"}
    assert [rail.name for rail in power(tmp_path, files).rails] == ["VDD_IN", "VDD_CPU_GPU_CV"]


def test_rails_that_nobody_knows_are_not_summed(tmp_path: Path) -> None:
    found = power(tmp_path, monitor({"VDD_ALPHA": (1000, 1000), "VDD_BETA": (1000, 2000)}))
    assert (found.watts, found.counted) == (None, ())


@pytest.mark.parametrize("name", ["VDD_IN_20V", "VIN_MAIN", "MODULE_IN"])
def test_an_input_of_a_board_that_nobody_knows(name: str, tmp_path: Path) -> None:
    found = power(tmp_path, monitor({"VDD_ALPHA": (1000, 1000), name: (20_000, 500)}))
    assert (found.watts, found.counted) == (pytest.approx(10.0), (name,))


def test_two_inputs_of_a_board_that_nobody_knows(tmp_path: Path) -> None:
    found = power(tmp_path, monitor({"A_IN": (5000, 1000), "B_IN": (5000, 500)}))
    assert found.watts is None


def test_a_supply_of_the_system_is_one_among_others(tmp_path: Path) -> None:
    found = power(tmp_path, monitor({"VDD_ALPHA": (1000, 1000), "VIN_SYS_5V0": (5000, 1000)}))
    assert found.watts is None


def test_what_is_called_an_input_and_draws_less_than_a_part_is_none(tmp_path: Path) -> None:
    found = power(tmp_path, monitor({"VDD_ALPHA": (12_000, 1000), "AUX_IN": (5000, 500)}))
    assert found.watts is None


def test_a_chip_with_four_channels(tmp_path: Path) -> None:
    rails = {"VIN": (12_000, 2000), "A": (12_000, 500), "B": (12_000, 500), "C": (12_000, 500)}
    assert len(power(tmp_path, monitor(rails, "ina4230")).rails) == 4


def test_the_same_name_twice_is_not_counted(tmp_path: Path) -> None:
    files = {**monitor({"VDD_IN": (5000, 1000)}), **monitor({"VDD_IN": (5000, 1000)}, number=1)}
    assert power(tmp_path, files).watts is None


def test_other_sensors_are_left_alone(tmp_path: Path) -> None:
    assert power(tmp_path, monitor({"VDD_IN": (5000, 1000)}, "rp1_adc")).rails == ()
