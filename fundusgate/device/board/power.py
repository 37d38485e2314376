"""What the board draws, from its own power monitors; no rail is counted twice.

INA3221 (three rails a chip, Documentation/hwmon/ina3221 of the kernel): voltage in mV times current in mA. Its fourth
current and its seventh voltage are sums of the others. INA238 on Thor's carrier: power in uW.

Which rail holds which others is not in any file, so only known sets are summed:

- VDD_IN (Nano's POM_5V_IN, Thor's VIN) is the input of the whole module or board: every other rail is part of it.
- AGX Orin has no such rail. VIN_SYS_5V0 is the 5 V supply of memory, I/O and the rest, beside VDD_GPU_SOC and
  VDD_CPU_CV, and VDDQ_VDD2_1V8AO is fed from it: published logs show VIN_SYS_5V0 at 5 W while VDD_CPU_CV draws 14 W.
- AGX Xavier has six rails beside each other.
- Of a board that is not known here, a rail that is named as an input is the whole if no other one draws more.
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
_NOISE_WATTS = 0.5
"""By which a part may seem to draw more than the whole: the rails are not read at the same moment."""
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
            rails += _single(tree, folder, chip) if chip.startswith("ina2") else _several(tree, folder, chip)
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
        millivolts = tree.integer(f"{folder}/in{channel}_input")
        milliamperes = tree.integer(f"{folder}/curr{channel}_input")
        found.append(_rail(label, millivolts, milliamperes, tree.integer(f"{folder}/curr{channel}_max")))
    return found


def _single(tree: Tree, folder: str, chip: str) -> list[Rail]:
    label = tree.text(f"{folder}/in1_label") or tree.text(f"{folder}/label") or ""
    microwatts = tree.integer(f"{folder}/power1_input")
    millivolts, milliamperes = tree.integer(f"{folder}/in1_input"), tree.integer(f"{folder}/curr1_input")
    # on Thor's carrier it measures the input of module and carrier and has no label of its own
    rail = _rail(label or ("VIN" if chip == "ina238" else chip), millivolts, milliamperes, None)
    if microwatts is None:
        return [rail]
    return [Rail(rail.name, microwatts / 1e6, rail.volts, rail.amperes)]


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
                millivolts = tree.integer(f"{folder}/in_voltage{channel}_input")
                milliamperes = tree.integer(f"{folder}/in_current{channel}_input")
                limit = tree.integer(f"{folder}/warn_current_limit_{channel}")
                found.append(_rail(label, millivolts, milliamperes, limit))
    return found


def _rail(name: str, millivolts: int | None, milliamperes: int | None, limit: int | None) -> Rail:
    watts = None if millivolts is None or milliamperes is None else millivolts * milliamperes / 1e6
    return Rail(name, watts, _thousandth(millivolts), _thousandth(milliamperes), _thousandth(limit))


def _thousandth(value: int | None) -> float | None:
    return None if value is None else value / 1000


def _counted(rails: list[Rail]) -> tuple[str, ...]:
    names = [rail.name for rail in rails]
    whole = next((name for name in _WHOLE if name in names), None)
    if whole is not None:
        return (whole,)
    beside = next((known for known in _BESIDE_EACH_OTHER if known <= set(names)), frozenset())
    return tuple(name for name in names if name in beside) or _unknown_whole(rails)


def _unknown_whole(rails: list[Rail]) -> tuple[str, ...]:
    """The one input of a board that nobody knows; nothing where there are several, or it draws less than a part."""
    words = [(rail, frozenset(rail.name.upper().split("_"))) for rail in rails]
    # a SYS in the name is one supply among others, as AGX Orin's VIN_SYS_5V0
    inputs = [rail for rail, named in words if named & _INPUT_WORDS and "SYS" not in named]
    if len(inputs) != 1 or inputs[0].watts is None:
        return ()
    most = max(rail.watts or 0.0 for rail in rails)
    return (inputs[0].name,) if most <= inputs[0].watts + _NOISE_WATTS else ()


def _sum(rails: list[Rail], counted: tuple[str, ...]) -> float | None:
    values = [rail.watts for rail in rails if rail.name in counted]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) == len(counted) else None
