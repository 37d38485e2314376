"""What the board draws, from its own power monitors; no rail is counted twice.

INA3221 (three rails a chip, Documentation/hwmon/ina3221 of the kernel): voltage in mV times current in mA. Its fourth
current and its seventh voltage are sums of the others. INA238 on Thor's carrier: power in uW.

Which rail holds which others is not in any file, so only known sets are summed:

- VDD_IN (Nano's POM_5V_IN, Thor's VIN) is the input of the whole module or board: every other rail is part of it.
- AGX Orin has no such rail. VIN_SYS_5V0 is the 5 V supply of memory, I/O and the rest, beside VDD_GPU_SOC and
  VDD_CPU_CV, and VDDQ_VDD2_1V8AO is fed from it: published logs show VIN_SYS_5V0 at 5 W while VDD_CPU_CV draws 14 W.
- AGX Xavier has six rails beside each other.
- Of a board that is not known here, the one rail that is named as an input is the whole if what the others draw
  together fits into it and none of them has a higher voltage: an input feeds regulators that step down.

A rail that is there twice is not counted at all, and a whole that draws less than one of its parts is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_HWMON = "sys/class/hwmon"
_OLD_MONITORS = "sys/bus/i2c/drivers/ina3221x"
"""Of the kernel of JetPack 4."""
_CHIPS = re.compile(r"ina[0-9]{3,4}", re.ASCII)
_CHANNELS = 3
_MOST_CHANNELS = 8
_UNCONNECTED = ("", "NC")
_WHOLE = ("VIN", "VDD_IN", "POM_5V_IN")
"""Rails that feed everything else, the outermost first."""
_INPUT_WORDS = frozenset({"IN", "VIN", "DCIN", "INPUT"})
_THOR = "nvidia,tegra264"
_COMPATIBLE = "proc/device-tree/compatible"
_MOST_VOLTS, _MOST_AMPERES = 100.0, 500.0
"""More than any of these chips can measure."""
_NOISE_WATTS = 0.5
_NOISE_SHARE = 0.1
"""By which parts may seem to draw more than the whole: the rails are not read at the same moment."""
_WORDS = re.compile(r"[^A-Z0-9]+", re.ASCII)
_BESIDE_EACH_OTHER = (
    frozenset({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}),
    frozenset({"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}),
    frozenset({"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}),
)
"""AGX Orin, Thor (the module alone), AGX Xavier."""


@dataclass(frozen=True)
class Rail:
    """One measured supply; None where it cannot be read."""

    name: str
    watts: float | None
    volts: float | None
    amperes: float | None
    limit_amperes: float | None = None
    """Mean current above which the monitor warns, and the board may slow down."""


@dataclass(frozen=True)
class Power:
    """Every rail, and what they make together."""

    rails: tuple[Rail, ...] = ()
    watts: float | None = None
    """Of everything that the monitors see; None where it is not known which rails hold which."""
    counted: tuple[str, ...] = ()
    """The rails that `watts` is made of."""


def read_power(tree: Tree) -> Power:
    """Read every INA monitor of the kernel."""
    rails: list[Rail] = []
    for name in tree.folder(_HWMON):
        folder = f"{_HWMON}/{name}"
        chip = tree.text(f"{folder}/name") or ""
        if _CHIPS.fullmatch(chip):
            rails += [_single(tree, folder, chip)] if chip.startswith("ina2") else _several(tree, folder, chip)
    if not rails:
        rails += _old_rails(tree)
    counted = _counted(rails)
    return Power(tuple(rails), _sum(rails, counted), counted)


def _several(tree: Tree, folder: str, chip: str) -> list[Rail]:
    found = []
    for channel in range(1, (_CHANNELS if chip == "ina3221" else _MOST_CHANNELS) + 1):
        label = tree.text(f"{folder}/in{channel}_label")
        if label is None or label in _UNCONNECTED or tree.text(f"{folder}/in{channel}_enable") == "0":
            continue
        files = (f"{folder}/in{channel}_input", f"{folder}/curr{channel}_input", f"{folder}/curr{channel}_max")
        found.append(_rail(tree, label, *files))
    return found


def _single(tree: Tree, folder: str, chip: str) -> Rail:
    label = tree.text(f"{folder}/in1_label") or tree.text(f"{folder}/label") or ""
    if not label:
        # on Thor's carrier it measures the input of module and carrier and has no label of its own
        thors = chip == "ina238" and _THOR in (tree.text(_COMPATIBLE) or "").split("\0")
        label = "VIN" if thors else chip
    rail = _rail(tree, label, f"{folder}/in1_input", f"{folder}/curr1_input", f"{folder}/curr1_max")
    microwatts = tree.integer(f"{folder}/power1_input")
    if microwatts is None or not 0 <= microwatts <= 1e6 * _MOST_VOLTS * _MOST_AMPERES:
        return rail
    return Rail(rail.name, microwatts / 1e6, rail.volts, rail.amperes, rail.limit_amperes)


def _old_rails(tree: Tree) -> list[Rail]:
    found = []
    for chip in tree.folder(_OLD_MONITORS):
        for device in tree.folder(f"{_OLD_MONITORS}/{chip}"):
            if not device.startswith("iio:device"):
                continue
            folder = f"{_OLD_MONITORS}/{chip}/{device}"
            for channel in range(_CHANNELS):
                label = tree.text(f"{folder}/rail_name_{channel}")
                if label is None or label in _UNCONNECTED:
                    continue
                files = (
                    f"{folder}/in_voltage{channel}_input",
                    f"{folder}/in_current{channel}_input",
                    f"{folder}/warn_current_limit_{channel}",
                )
                found.append(_rail(tree, label, *files))
    return found


def _rail(tree: Tree, name: str, volts_file: str, amperes_file: str, limit_file: str) -> Rail:
    volts = _thousandths(tree, volts_file, 0.0, _MOST_VOLTS)
    # a current may be a little below zero: the sensor's own error
    amperes = _thousandths(tree, amperes_file, -_MOST_AMPERES, _MOST_AMPERES)
    limit = _thousandths(tree, limit_file, 0.0, _MOST_AMPERES)
    return Rail(name, None if volts is None or amperes is None else volts * amperes, volts, amperes, limit)


def _thousandths(tree: Tree, path: str, least: float, most: float) -> float | None:
    """A file's number over a thousand; None, and remembered, where no board can have it."""
    number = tree.integer(path)
    if number is None:
        return None
    if not least <= number / 1000 <= most:
        tree.note(path, f"{number} is more, or less, than the chip can measure")
        return None
    return number / 1000


def _counted(rails: list[Rail]) -> tuple[str, ...]:
    names = [rail.name for rail in rails]
    counted: tuple[str, ...]
    known = next((name for name in _WHOLE if name in names), None)
    if known is not None:
        whole = rails[names.index(known)]
        others = [rail for rail in rails if rail.name != known]
        counted = (known,) if _holds(whole, max((rail.watts or 0.0 for rail in others), default=0.0)) else ()
    else:
        beside = next((each for each in _BESIDE_EACH_OTHER if each <= set(names)), frozenset())
        counted = tuple(name for name in names if name in beside) or _unknown_whole(rails)
    return counted if all(names.count(name) == 1 for name in counted) else ()


def _holds(whole: Rail, watts: float) -> bool:
    """Whether so much can be a part of it, or it does not tell."""
    return whole.watts is None or watts <= whole.watts + max(_NOISE_WATTS, _NOISE_SHARE * whole.watts)


def _unknown_whole(rails: list[Rail]) -> tuple[str, ...]:
    """The one input of a board that nobody knows; nothing where there are several, or it cannot hold the others."""
    words = [(rail, frozenset(_WORDS.split(rail.name.upper()))) for rail in rails]
    # a SYS in the name is one supply among others, as AGX Orin's VIN_SYS_5V0
    inputs = [rail for rail, named in words if named & _INPUT_WORDS and "SYS" not in named]
    if len(inputs) != 1 or inputs[0].watts is None or inputs[0].volts is None:
        return ()
    others = [rail for rail in rails if rail is not inputs[0]]
    highest = max((rail.volts or 0.0 for rail in others), default=0.0)
    together = sum(rail.watts or 0.0 for rail in others)
    steps_down = highest <= (1 + _NOISE_SHARE) * inputs[0].volts
    return (inputs[0].name,) if steps_down and _holds(inputs[0], together) else ()


def _sum(rails: list[Rail], counted: tuple[str, ...]) -> float | None:
    values = [rail.watts for rail in rails if rail.name in counted]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) == len(counted) else None
