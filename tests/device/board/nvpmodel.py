"""nvpmodel.conf files: the modes and limits of NVIDIA's own, in the form that their heads describe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    id: int
    name: str
    cores: int
    mask: int | None
    cpu_khz: int
    gpu_hz: int
    memory_hz: int


def conf(
    modes: list[Mode],
    default: int,
    cluster: str,
    first_cores: tuple[int, ...],
    cores: int,
    gpu: str,
    gating: str = "TPC_POWER_GATING TPC_PG_MASK",
) -> str:
    """The file of one board.

    Args:
        modes: In its order.
        default: Number of the mode that the board starts in.
        cluster: NVIDIA's name of a CPU cluster, such as CPU_A78.
        first_cores: First core of each.
        cores: How many there are.
        gpu: The GPU's devfreq folder.
        gating: The knob that switches parts of the GPU off.
    """
    lines = ["# POWER_MODEL ID=0 NAME=IN_A_COMMENT", "< PARAM TYPE=FILE NAME=CPU_ONLINE >"]
    lines += [f"CORE_{core} /sys/devices/system/cpu/cpu{core}/online" for core in range(cores)]
    knob, argument = gating.split()
    lines += ["", f"< PARAM TYPE=FILE NAME={knob} >", f"{argument} /sys/devices/gpu.0/{argument.lower()}"]
    for number, core in enumerate(first_cores):
        folder = f"/sys/devices/system/cpu/cpu{core}/cpufreq"
        lines += ["", f"< PARAM TYPE=CLOCK NAME={cluster}_{number} >", f"MAX_FREQ {folder}/scaling_max_freq"]
        lines += [f"MIN_FREQ {folder}/scaling_min_freq", f"MAX_FREQ_KNEXT {folder}/scaling_max_freq"]
    lines += ["", "< PARAM TYPE=CLOCK NAME=GPU >", f"MAX_FREQ {gpu}/max_freq", f"MIN_FREQ {gpu}/min_freq"]
    # NVIDIA's files hold this one without the first space
    lines += ["", "<PARAM TYPE=CLOCK NAME=EMC >", "MAX_FREQ /sys/kernel/nvpmodel_clk_cap/emc"]
    for mode in modes:
        lines += ["", f"< POWER_MODEL ID={mode.id} NAME={mode.name} >"]
        lines += [f"CPU_ONLINE CORE_{core} {int(core < mode.cores)}" for core in range(cores)]
        lines += [] if mode.mask is None else [f"{gating} {mode.mask}"]
        lines += ["GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on"]
        for number, core in enumerate(first_cores):
            if core < mode.cores:
                lines += [f"{cluster}_{number} MIN_FREQ 729600", f"{cluster}_{number} MAX_FREQ {mode.cpu_khz}"]
        lines += ["GPU MIN_FREQ 0", f"GPU MAX_FREQ {mode.gpu_hz}", "GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto"]
        lines += [f"EMC MAX_FREQ {mode.memory_hz}", "DLA0_CORE MAX_FREQ -1"]
    return "\n".join([*lines, "", "# the mode after a start", f"< PM_CONFIG DEFAULT={default} >", ""])


_ORIN_GPU = "/sys/devices/platform/17000000.gpu/devfreq_dev"

ORIN_NANO_SUPER = conf(
    [
        Mode(0, "15W", 6, 240, 1_497_600, 612_000_000, 2_133_000_000),
        Mode(1, "25W", 6, 240, 1_344_000, 918_000_000, 3_199_000_000),
        Mode(2, "MAXN_SUPER", 6, 240, -1, -1, 0),
        Mode(3, "7W", 4, 252, 960_000, 408_000_000, 2_133_000_000),
    ],
    default=1,
    cluster="CPU_A78",
    first_cores=(0, 4),
    cores=6,
    gpu=_ORIN_GPU,
)
ORIN_NX = conf(
    [
        Mode(0, "MAXN", 8, 240, -1, -1, -1),
        Mode(1, "10W", 4, 252, 1_190_400, 612_000_000, 2_133_000_000),
        Mode(2, "15W", 4, 252, 1_420_800, 612_000_000, 3_199_000_000),
        Mode(3, "25W", 8, 240, 1_497_600, 408_000_000, 3_199_000_000),
    ],
    default=2,
    cluster="CPU_A78",
    first_cores=(0, 4),
    cores=8,
    gpu=_ORIN_GPU,
)
AGX_ORIN = conf(
    [
        Mode(0, "MAXN", 12, 0, -1, -1, 0),
        Mode(1, "MODE_15W", 4, 248, 1_113_600, 420_750_000, 2_133_000_000),
        Mode(2, "MODE_30W", 8, 240, 1_728_000, 612_000_000, 3_199_000_000),
        Mode(3, "MODE_50W", 12, 0, 1_497_600, 816_000_000, 3_199_000_000),
    ],
    default=2,
    cluster="CPU_A78",
    first_cores=(0, 4, 8),
    cores=12,
    gpu="/sys/devices/17000000.ga10b/devfreq/17000000.ga10b",
)
XAVIER_NX = conf(
    [
        Mode(0, "MODE_15W_2CORE", 2, 1, 1_907_200, 1_109_250_000, 1_600_000_000),
        Mode(1, "MODE_15W_4CORE", 4, 1, 1_420_800, 1_109_250_000, 1_600_000_000),
        Mode(2, "MODE_15W_6CORE", 6, 1, 1_420_800, 1_109_250_000, 1_600_000_000),
        Mode(3, "MODE_10W_2CORE", 2, 1, 1_497_600, 803_250_000, 1_600_000_000),
        Mode(4, "MODE_10W_4CORE", 4, 1, 1_190_400, 803_250_000, 1_600_000_000),
        Mode(6, "MODE_20W_2CORE", 2, 1, 1_907_200, 1_109_250_000, 1_866_000_000),
        Mode(7, "MODE_20W_4CORE", 4, 1, 1_907_200, 1_109_250_000, 1_866_000_000),
        Mode(8, "MODE_20W_6CORE", 6, 1, 1_420_800, 1_109_250_000, 1_866_000_000),
    ],
    default=2,
    cluster="CPU_CARMEL",
    first_cores=(0, 2, 4),
    cores=6,
    gpu="/sys/devices/17000000.gv11b/devfreq/17000000.gv11b",
)
THOR = conf(
    [
        Mode(0, "MAXN", 14, 64, -1, -1, -1),
        Mode(1, "120W", 14, 64, 2_601_000, 1_386_000_000, 4_266_000_000),
        Mode(2, "90W", 14, 64, 2_214_000, 1_206_000_000, 4_266_000_000),
        Mode(3, "70W", 12, 112, 1_998_000, 1_008_000_000, 3_200_000_000),
    ],
    default=1,
    cluster="CPU_V3AE",
    first_cores=(0,),
    cores=14,
    gpu="/sys/class/devfreq/gpu-gpc-0",
    gating="GPU_POWER_GATING GPU_PG_MASK",
)
