"""The power modes of a Jetson: nvpmodel's own file and the mode that it is in, by name and never by number.

The number 0 is 15 W on Orin Nano Super and MAXN elsewhere. The format is described at the head of NVIDIA's own
/etc/nvpmodel.conf: PARAM sections name knobs and their files, POWER_MODEL sections set them, -1 stands for no limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fundusgate.device.board.tree import Tree

CONF = "etc/nvpmodel.conf"
STATUS = "var/lib/nvpmodel/status"
_CONFS = "etc/nvpmodel"
_COMPATIBLE = "proc/device-tree/compatible"
_SUPER_MODULES = "p3767"
"""NVIDIA's number of the Orin Nano and Orin NX modules."""
_SECTION = re.compile(r"<\s*([A-Z_]+)\s+([^<>]*)>", re.ASCII)
_PAIR = re.compile(r"([A-Z_]+)\s*=\s*(\S+)", re.ASCII)
_MODE = re.compile(r"pmode:\s*([0-9]{1,6})", re.ASCII)
_CPU_FILE = re.compile(r"/cpu([0-9]{1,4})/cpufreq/", re.ASCII)
_CORE = re.compile(r"CORE_([0-9]{1,4})", re.ASCII)
# TPC_POWER_GATING TPC_PG_MASK up to Orin, GPU_POWER_GATING on Thor; FBP_POWER_GATING is about the memory's side
_GATING = re.compile(r"(?:TPC|GPC|GPU)_POWER_GATING", re.ASCII)
_MEMORY_NAMES = ("EMC", "MC", "BWMGR", "DRAM")


@dataclass(frozen=True)
class PowerMode:
    """What one mode allows; None where the file sets no limit or does not speak of it."""

    id: int
    name: str
    """As `nvpmodel -q` says it."""
    gpu_hz: int | None = None
    """Highest clock of the GPU."""
    gpu_off_mask: int | None = None
    """A bit for each part of the GPU that is switched off, or that the chip lacks; Orin's parts are its TPCs."""
    cores: tuple[int, ...] | None = None
    """Numbers of the CPU cores that are on."""
    cpu_khz: tuple[tuple[int, int | None], ...] = ()
    """Highest clock by the first core of each cluster."""
    memory_hz: int | None = None
    """Highest clock of the memory."""
    says_clocks: bool = False
    """Whether the file said anything of clocks, cores or clusters for it."""


@dataclass(frozen=True)
class PowerModes:
    """Every mode of the file, and which holds."""

    modes: tuple[PowerMode, ...] = ()
    current: PowerMode | None = None
    """None where the status file is not there or names a mode that the file does not have."""
    default: PowerMode | None = None
    """What the board starts in."""
    maximum: PowerMode | None = None
    """The mode that allows most, by GPU, then memory, then CPU; None where the file does not tell."""
    super_left_out: bool = False
    """Whether the module has Super modes that this installation leaves out: Orin Nano and NX, from JetPack 6.2 on."""


def read_power_modes(tree: Tree, gpu_top: int | None = None) -> PowerModes:
    """Read nvpmodel's file and status.

    Args:
        tree: The machine's files.
        gpu_top: The GPU's highest clock in Hz, which stands for "no limit"; None where it is not known.
    """
    text = tree.text(CONF)
    if text is None:
        return PowerModes()
    modes, default = parse_conf(text)
    if not modes:
        tree.note(CONF, "holds no power mode")
    by_id = {mode.id: mode for mode in modes}
    status = tree.text(STATUS)
    found = _MODE.search(status) if status else None
    if status is not None and (found is None or int(found[1]) not in by_id):
        tree.note(STATUS, f"{status[:40]!r} names no mode of /{CONF}")
    return PowerModes(
        modes=modes,
        current=by_id.get(int(found[1])) if found else None,
        default=by_id.get(default) if default is not None else None,
        maximum=most_allowing(modes, gpu_top),
        super_left_out=_super_left_out(tree, modes),
    )


def _super_left_out(tree: Tree, modes: tuple[PowerMode, ...]) -> bool:
    """Whether the modules' Super files are there, and the one in use is none of them."""
    if any("SUPER" in mode.name for mode in modes) or _SUPER_MODULES not in (tree.text(_COMPATIBLE) or ""):
        return False
    files = tree.folder(_CONFS)
    return any(f"_{_SUPER_MODULES}_" in name and name.endswith("_super.conf") for name in files)


def parse_conf(text: str) -> tuple[tuple[PowerMode, ...], int | None]:
    """The modes of a nvpmodel.conf in its order, and the number of the default; unknown lines are passed over."""
    knobs: dict[str, str] = {}
    raw: list[tuple[int, str, list[tuple[str, str, str]]]] = []
    default: int | None = None
    settings: list[tuple[str, str, str]] | None = None
    knob = ""
    for line in text.splitlines():
        section = _SECTION.match(line.strip())
        words = line.split()
        if section is not None:
            given = dict(_PAIR.findall(section[2]))
            knob, settings = "", None
            if section[1] == "PARAM":
                knob = given.get("NAME", "")
            elif section[1] == "POWER_MODEL" and _is_number(given.get("ID", "")):
                settings = []
                raw.append((int(given["ID"]), given.get("NAME", f"mode {given['ID']}"), settings))
            elif section[1] == "PM_CONFIG" and _is_number(given.get("DEFAULT", "")):
                default = int(given["DEFAULT"])
        elif settings is not None and len(words) == 3:
            settings.append((words[0], words[1], words[2]))
        elif knob and len(words) == 2 and words[0].startswith("MAX_FREQ"):
            knobs.setdefault(knob, words[1])
    return tuple(_mode(number, name, lines, knobs) for number, name, lines in raw), default


def most_allowing(modes: tuple[PowerMode, ...], gpu_top: int | None = None) -> PowerMode | None:
    """The mode that allows most work.

    The GPU's clock times its clusters decides, then the memory's clock, then the sum of the cores' clocks: that is the
    order in which the networks feel them. Where the file tells no clocks at all, NVIDIA's name MAXN (no limits but the
    chip's) does.

    Args:
        modes: As the file has them.
        gpu_top: The GPU's highest clock in Hz.
    """
    telling = [mode for mode in modes if mode.says_clocks]
    if not telling:
        unlimited = sorted((mode for mode in modes if mode.name.startswith("MAXN")), key=lambda mode: len(mode.name))
        return unlimited[-1] if unlimited else None
    tops = _Tops.of(telling, gpu_top)
    return max(telling, key=tops.rank)


@dataclass(frozen=True)
class _Tops:
    """What "no limit" stands for, so that modes can be compared."""

    gpu_hz: int
    clusters: int
    memory_hz: int
    cpu_khz: int
    cores: tuple[int, ...]

    @classmethod
    def of(cls, modes: list[PowerMode], gpu_top: int | None) -> _Tops:
        clocks = [clock for mode in modes for _, clock in mode.cpu_khz]
        return cls(
            gpu_hz=gpu_top or _above(mode.gpu_hz for mode in modes),
            clusters=max((mode.gpu_off_mask or 0).bit_length() for mode in modes) or 1,
            memory_hz=_above(mode.memory_hz for mode in modes),
            cpu_khz=_above(clocks),
            cores=max((mode.cores or () for mode in modes), key=len),
        )

    def rank(self, mode: PowerMode) -> tuple[int, int, int]:
        clusters = self.clusters - (mode.gpu_off_mask or 0).bit_count()
        gpu = min(mode.gpu_hz or self.gpu_hz, self.gpu_hz) * max(clusters, 0)
        cores = self.cores if mode.cores is None else mode.cores
        cpu = sum(self._core_khz(mode, core) for core in cores)
        return gpu, mode.memory_hz or self.memory_hz, cpu

    def _core_khz(self, mode: PowerMode, core: int) -> int:
        clusters = [clock for first, clock in sorted(mode.cpu_khz) if first <= core]
        return (clusters[-1] if clusters else None) or self.cpu_khz


def _above(limits: Iterable[int | None]) -> int:
    """A number above every limit that is given."""
    return max((limit for limit in limits if limit is not None), default=0) + 1


def _mode(number: int, name: str, lines: list[tuple[str, str, str]], knobs: Mapping[str, str]) -> PowerMode:
    on: list[int] = []
    cpus: dict[int, int | None] = {}
    gpus: list[int | None] = []
    memories: list[int | None] = []
    mask: int | None = None
    speaks_of_cores = False
    for knob, argument, value in lines:
        core = _CORE.fullmatch(argument)
        if knob == "CPU_ONLINE" and core is not None:
            speaks_of_cores = True
            on += [int(core[1])] if value == "1" else []
        elif _GATING.fullmatch(knob) and "MASK" in argument and _is_number(value):
            mask = (mask or 0) | int(value)
        elif argument == "MAX_FREQ":
            cluster = _CPU_FILE.search(knobs.get(knob, ""))
            if cluster is not None or knob.startswith("CPU"):
                cpus[int(cluster[1]) if cluster else len(cpus)] = _limit(value)
            elif knob.startswith("GPU"):
                gpus.append(_limit(value))
            elif knob in _MEMORY_NAMES:
                memories.append(_limit(value))
    return PowerMode(
        id=number,
        name=name,
        gpu_hz=_least(gpus),
        gpu_off_mask=mask,
        cores=tuple(sorted(on)) if speaks_of_cores else None,
        cpu_khz=tuple(sorted(cpus.items())),
        memory_hz=_least(memories),
        says_clocks=bool(speaks_of_cores or cpus or gpus or memories or mask is not None),
    )


def _least(limits: list[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _limit(value: str) -> int | None:
    """A limit, or None for none: -1 stands for INT_MAX, and 0 takes a cap away."""
    return int(value) if _is_number(value) and int(value) > 0 else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
