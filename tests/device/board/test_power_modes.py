from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.device.board.power_modes import most_allowing, parse_conf, read_power_modes
from fundusgate.device.board.tree import Tree
from tests.device.board import nvpmodel
from tests.device.board.nvpmodel import Mode
from tests.device.board.trees import agx_orin, orin_nano_super, orin_nx, plant

if TYPE_CHECKING:
    from pathlib import Path


def conf(*modes: Mode) -> str:
    return nvpmodel.conf(list(modes), 0, "CPU_A78", (0, 4), 8, "/sys/class/devfreq/17000000.gpu")


def name_of_most(text: str, gpu_top: int | None = None) -> str:
    best = most_allowing(parse_conf(text)[0], gpu_top)
    assert best is not None
    return best.name


def test_what_a_mode_says() -> None:
    modes, default = parse_conf(nvpmodel.ORIN_NANO_SUPER)
    assert default == 1
    assert [(mode.id, mode.name) for mode in modes] == [(0, "15W"), (1, "25W"), (2, "MAXN_SUPER"), (3, "7W")]
    seven, unlimited = modes[3], modes[2]
    assert (seven.gpu_hz, seven.gpu_off_mask, seven.cores) == (408_000_000, 252, (0, 1, 2, 3))
    assert seven.cpu_khz == ((0, 960_000),)
    assert seven.memory_hz == 2_133_000_000
    assert (unlimited.gpu_hz, unlimited.memory_hz, unlimited.cpu_khz) == (None, None, ((0, None), (4, None)))


def test_numbers_do_not_make_the_maximum() -> None:
    small = Mode(0, "MAXN_BY_NAME_ONLY", 8, 240, 1_000_000, 400_000_000, 2_133_000_000)
    large = Mode(5, "SLOW", 8, 240, 1_000_000, 900_000_000, 2_133_000_000)
    assert name_of_most(conf(small, large)) == "SLOW"
    assert name_of_most(conf(large, small)) == "SLOW"


def test_clusters_that_are_off_count() -> None:
    few = Mode(0, "FEW_CLUSTERS", 8, 252, 1_000_000, 612_000_000, 3_199_000_000)
    slow = Mode(1, "ALL_CLUSTERS", 8, 240, 1_000_000, 408_000_000, 3_199_000_000)
    assert name_of_most(conf(few, slow)) == "ALL_CLUSTERS"


def test_parts_of_thors_gpu_that_are_off_count() -> None:
    lines = "GPU_POWER_GATING GPU_PG_MASK {}\nGPU MAX_FREQ {}\n"
    text = "< POWER_MODEL ID=0 NAME=HALF >\n" + lines.format(112, 1_000_000_000)
    assert name_of_most(text + "< POWER_MODEL ID=1 NAME=WHOLE >\n" + lines.format(64, 900_000_000)) == "WHOLE"


def test_the_gpu_decides_before_the_memory_and_the_memory_before_the_cores() -> None:
    base = {"cores": 4, "mask": 0, "cpu_khz": 1_000_000, "gpu_hz": 600_000_000, "memory_hz": 2_133_000_000}
    gpu = Mode(1, "GPU", **{**base, "gpu_hz": 700_000_000})
    memory = Mode(2, "MEMORY", **{**base, "memory_hz": 3_199_000_000})
    cores = Mode(3, "CORES", **{**base, "cores": 8})
    cpu = Mode(4, "CPU", **{**base, "cpu_khz": 1_500_000})
    assert name_of_most(conf(memory, cores, gpu, cpu)) == "GPU"
    assert name_of_most(conf(cores, memory, cpu)) == "MEMORY"
    assert name_of_most(conf(cpu, cores)) == "CORES"


def test_no_limit_is_above_every_limit_and_not_above_the_hardware() -> None:
    limited = Mode(0, "LIMITED", 8, 0, 1_000_000, 1_300_000_000, 3_199_000_000)
    free_gpu = Mode(1, "FREE_GPU", 8, 0, 1_000_000, -1, 2_133_000_000)
    assert name_of_most(conf(limited, free_gpu)) == "FREE_GPU"
    # where the hardware ends below the limit, both allow the same and the memory decides
    assert name_of_most(conf(limited, free_gpu), gpu_top=1_020_000_000) == "LIMITED"


def test_names_decide_where_nothing_else_is_said() -> None:
    text = "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=MAXN >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n"
    assert name_of_most(text) == "MAXN_SUPER"
    assert most_allowing(parse_conf("< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=7W >\n")[0]) is None


def test_the_only_mode_of_a_carriers_own_file() -> None:
    text = conf(Mode(0, "MODE_28_1_W", 8, 240, 1_497_600, 918_000_000, -1))
    assert name_of_most(text) == "MODE_28_1_W"


def test_comments_and_unknown_sections_are_passed_over() -> None:
    text = "# < POWER_MODEL ID=9 NAME=COMMENT >\n< FUTURE ID=8 NAME=X >\nGPU MAX_FREQ 5\n< POWER_MODEL NAME=A ID=3 >\n"
    modes, default = parse_conf(text)
    assert [(mode.id, mode.name, mode.gpu_hz) for mode in modes] == [(3, "A", None)]
    assert default is None


@pytest.mark.parametrize(("status", "name"), [("pmode:0002 fmode:cool\n", "MAXN_SUPER"), ("pmode:0000", "15W")])
def test_the_mode_that_holds(status: str, name: str, tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**orin_nano_super(), "var/lib/nvpmodel/status": status}))
    current = read_power_modes(tree).current
    assert current is not None
    assert current.name == name


def test_super_modes_that_the_installation_leaves_out(tmp_path: Path) -> None:
    files = orin_nx()
    assert not read_power_modes(Tree(plant(tmp_path / "a", files))).super_left_out
    files["etc/nvpmodel/nvpmodel_p3767_0000_super.conf"] = nvpmodel.ORIN_NANO_SUPER
    assert read_power_modes(Tree(plant(tmp_path / "b", files))).super_left_out
    files = orin_nano_super()
    assert not read_power_modes(Tree(plant(tmp_path / "c", files))).super_left_out


def test_super_modes_of_another_module_are_not_missed(tmp_path: Path) -> None:
    files = {**agx_orin(), "etc/nvpmodel/nvpmodel_p3767_0000_super.conf": nvpmodel.ORIN_NANO_SUPER}
    assert not read_power_modes(Tree(plant(tmp_path, files))).super_left_out


@pytest.mark.parametrize("status", ["pmode:0044", "", "broken"])
def test_a_status_that_names_no_mode_is_listed(status: str, tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**orin_nano_super(), "var/lib/nvpmodel/status": status}))
    assert read_power_modes(tree).current is None
    assert [unread.path for unread in tree.unread] == ["/var/lib/nvpmodel/status"]
