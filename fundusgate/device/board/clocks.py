"""The clocks of GPU, CPU and memory: now, and between which limits the governor may move them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_DEVFREQ = "sys/class/devfreq"
# 57000000.gpu on Nano, 17000000.gp10b on TX2, .gv11b on Xavier, .ga10b or .gpu on Orin, gpu-gpc-0 on Thor
_GPU = re.compile(r"gpu|\bg[a-z][0-9]{2}b\b", re.IGNORECASE)
_GPU_HELPERS = re.compile(r"nvd|nvenc|nvdec|video", re.IGNORECASE)
_MEMORY = re.compile(r"emc|bwmgr|dmc|memory-controller", re.IGNORECASE)
_LOADS = ("sys/devices/platform/gpu.0/load", "sys/devices/gpu.0/load")
_EMC = "sys/kernel/debug/bpmp/debug/clk/emc"
_KILO = 1000
_MOST_HERTZ = 20_000_000_000
_WELL_BELOW = 0.9
"""Cores count their own cycles, so that a clock at its lower limit is read a little below it."""


@dataclass(frozen=True)
class Clock:
    """One clock in Hz; None where the kernel does not say."""

    name: str
    """The kernel's name: `17000000.gpu`, `cpu0-3`, `emc`."""
    current: int | None
    lowest: int | None
    """Below which the governor may not go now."""
    highest: int | None
    """Above which the governor may not go now: the power mode's limit."""
    top: int | None = None
    """What the hardware could do at most, whatever the power mode."""
    governor: str | None = None

    @property
    def locked(self) -> bool | None:
        """Whether the governor has no choice; None where its limits cannot be read."""
        return None if self.lowest is None or self.highest is None else self.lowest == self.highest

    @property
    def held_below(self) -> bool:
        """Whether it runs well below what the governor may choose: something else holds it back. Zero is off."""
        return bool(self.current and self.lowest and self.current < _WELL_BELOW * self.lowest)


@dataclass(frozen=True)
class Clocks:
    """Every clock that matters for a network's speed."""

    gpu: Clock | None = None
    gpu_load: float | None = None
    """0 to 1, over the last moments."""
    cpus: tuple[Clock, ...] = ()
    """One for each group of cores that shares a clock."""
    memory: Clock | None = None
    """Readable by everybody on Thor, by root alone elsewhere."""

    @property
    def locked(self) -> bool | None:
        """Whether `jetson_clocks` is in effect: neither GPU nor CPU has a choice; None where it cannot be read."""
        told = [clock.locked for clock in (self.gpu, *self.cpus) if clock is not None]
        return None if not told or None in told else all(told)


def read_clocks(tree: Tree) -> Clocks:
    """Read devfreq, cpufreq and, where it may be read, the memory's clock."""
    names = tree.folder(_DEVFREQ)
    gpu = _gpu_folder(tree, names)
    return Clocks(
        gpu=_devfreq(tree, gpu) if gpu else None,
        gpu_load=_load(tree, gpu),
        cpus=_cpus(tree),
        memory=_memory(tree, names),
    )


def _gpu_folder(tree: Tree, names: tuple[str, ...]) -> str | None:
    """The GPU's folder among the devfreq devices, or one of the older places."""
    known = [name for name in names if _is_gpu(tree, name)]
    # Thor has a clock for its graphics clusters and another one for its video engines
    known.sort(key=lambda name: (bool(_GPU_HELPERS.search(name)), "gpc" not in name))
    if known:
        return f"{_DEVFREQ}/{known[0]}"
    for parent in ("sys/devices/platform", "sys/devices"):
        for name in tree.folder(parent):
            if _GPU.search(name):
                places = (f"{parent}/{name}/devfreq_dev", f"{parent}/{name}/devfreq/{name}")
                found = next((place for place in places if tree.exists(f"{place}/max_freq")), None)
                if found is not None:
                    return found
    return None


def _is_gpu(tree: Tree, name: str) -> bool:
    return bool(_GPU.search(name) or _GPU.search(tree.text(f"{_DEVFREQ}/{name}/device/of_node/name") or ""))


def _devfreq(tree: Tree, folder: str, name: str | None = None) -> Clock:
    available = tree.integers(f"{folder}/available_frequencies")
    return Clock(
        name=name or _named(folder),
        current=_hertz(tree, f"{folder}/cur_freq"),
        lowest=_hertz(tree, f"{folder}/min_freq"),
        highest=_hertz(tree, f"{folder}/max_freq") or None,
        top=max((clock for clock in available if 0 < clock <= _MOST_HERTZ), default=None),
        governor=tree.text(f"{folder}/governor") or None,
    )


def _named(folder: str) -> str:
    parts = folder.split("/")
    return parts[-2] if parts[-1] == "devfreq_dev" else parts[-1]


def _load(tree: Tree, gpu: str | None) -> float | None:
    """The driver counts in thousandths."""
    places = (f"{gpu}/device/load", *_LOADS) if gpu else _LOADS
    for place in places:
        thousandths = tree.integer(place)
        if thousandths is not None:
            return thousandths / 1000 if 0 <= thousandths <= 1000 else None
    return None


def _cpus(tree: Tree) -> tuple[Clock, ...]:
    base = "sys/devices/system/cpu/cpufreq"
    found = []
    for policy in tree.folder(base):
        if not policy.startswith("policy"):
            continue
        folder = f"{base}/{policy}"
        cores = tree.integers(f"{folder}/affected_cpus")
        if not cores and tree.text(f"{folder}/affected_cpus") == "":
            # every core of the group is off: nothing locks a clock that nobody uses, and nothing can be read of it
            continue
        found.append(
            Clock(
                name=_cores_named(cores) or policy,
                current=_hertz(tree, f"{folder}/scaling_cur_freq", _KILO),
                lowest=_hertz(tree, f"{folder}/scaling_min_freq", _KILO),
                highest=_hertz(tree, f"{folder}/scaling_max_freq", _KILO) or None,
                top=_hertz(tree, f"{folder}/cpuinfo_max_freq", _KILO) or None,
                governor=tree.text(f"{folder}/scaling_governor") or None,
            )
        )
    return tuple(found)


def _cores_named(cores: tuple[int, ...]) -> str:
    if not cores:
        return ""
    return f"cpu{cores[0]}" if len(cores) == 1 else f"cpu{cores[0]}-{cores[-1]}"


def _hertz(tree: Tree, path: str, unit: int = 1) -> int | None:
    """A clock; cpufreq counts in kHz. None, and remembered, for what no clock can be."""
    value = tree.integer(path)
    if value is None:
        return None
    if not 0 <= value * unit <= _MOST_HERTZ:
        tree.note(path, f"{value} is no clock")
        return None
    return value * unit


def _memory(tree: Tree, names: tuple[str, ...]) -> Clock | None:
    found = next((name for name in names if _MEMORY.search(name)), None)
    if found is not None:
        return _devfreq(tree, f"{_DEVFREQ}/{found}")
    rates = [_hertz(tree, f"{_EMC}/{name}") for name in ("rate", "min_rate", "max_rate")]
    if all(rate is None for rate in rates):
        return None
    return Clock("emc", rates[0], rates[1], rates[2])
