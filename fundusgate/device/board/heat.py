"""Temperatures, fans, and whether heat or current holds the board back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_THERMAL = "sys/class/thermal"
_HWMON = "sys/class/hwmon"
_LEAST_TRIP = 50.0
"""Zones of x86 hold trips of 0 C that nobody has set."""
_COLDEST, _HOTTEST = -60.0, 200.0
"""What a sensor of this kind can say; -256 C is what some answer when they are off."""
_SLOWING = re.compile(r"throttle|cpufreq|devfreq|^cpu|^gpu|^processor", re.IGNORECASE)
_FIXED = "PMIC-Die"
_AMD = ("k10temp", "zenpower")
_MILLI = 1000
_MOST_RPM = 100_000


@dataclass(frozen=True)
class Zone:
    """One temperature in degrees Celsius; None where the sensor does not answer (its part may be switched off)."""

    name: str
    celsius: float | None
    slows_at: float | None = None
    """Lowest temperature above which the kernel may slow something down."""
    stops_at: float | None = None
    """Temperature at which the kernel shuts the machine down."""


@dataclass(frozen=True)
class Fan:
    """One fan."""

    name: str
    rpm: int | None
    duty: float | None
    """0 to 1 of full power."""

    @property
    def stuck(self) -> bool:
        """Whether it is driven and does not turn."""
        return self.rpm == 0 and self.duty is not None and self.duty > 0.2


@dataclass(frozen=True)
class Brake:
    """One thing that the kernel slows down against heat."""

    name: str
    state: int
    """0 is free; higher is slower."""


@dataclass(frozen=True)
class Heat:
    """All of it."""

    zones: tuple[Zone, ...] = ()
    fans: tuple[Fan, ...] = ()
    braking: tuple[Brake, ...] = ()
    """Those brakes that are on now."""

    @property
    def hottest(self) -> Zone | None:
        """The hottest zone that answers; the power chip's, which always says the same on Jetson, is passed over."""
        told = [(zone.celsius, zone) for zone in self.zones if zone.celsius is not None and zone.name != _FIXED]
        return max(told, key=lambda pair: pair[0])[1] if told else None


def read_heat(tree: Tree) -> Heat:
    """Read the kernel's thermal zones, cooling devices and fans."""
    names = tree.folder(_THERMAL)
    return Heat(
        zones=(
            *(_zone(tree, name) for name in names if name.startswith("thermal_zone")),
            *(zone for name in tree.folder(_HWMON) for zone in _amd(tree, f"{_HWMON}/{name}")),
        ),
        fans=_joined([fan for name in tree.folder(_HWMON) for fan in _fans(tree, name)]),
        braking=tuple(
            brake for name in names if name.startswith("cooling_device") and (brake := _brake(tree, name)) is not None
        ),
    )


def _zone(tree: Tree, name: str) -> Zone:
    folder = f"{_THERMAL}/{name}"
    trips: dict[str, list[float]] = {}
    for file in tree.folder(folder):
        if file.startswith("trip_point_") and file.endswith("_type"):
            at = tree.integer(f"{folder}/{file.removesuffix('_type')}_temp")
            kind = tree.text(f"{folder}/{file}")
            if at is not None and kind is not None and _LEAST_TRIP <= at / _MILLI <= _HOTTEST:
                trips.setdefault(kind, []).append(at / _MILLI)
    return Zone(
        name=tree.text(f"{folder}/type") or name,
        celsius=_celsius(tree, f"{folder}/temp"),
        slows_at=min(trips.get("passive", []), default=None),
        stops_at=min(trips.get("critical", []), default=None),
    )


def _amd(tree: Tree, folder: str) -> list[Zone]:
    """AMD's processors have sensors and no thermal zone."""
    if tree.text(f"{folder}/name") not in _AMD:
        return []
    files = [file for file in tree.folder(folder) if re.fullmatch(r"temp[0-9]{1,2}_input", file, re.ASCII)]
    labels = [tree.text(f"{folder}/{file.removesuffix('input')}label") or file for file in files]
    return [Zone(label, _celsius(tree, f"{folder}/{file}")) for label, file in zip(labels, files, strict=True)]


def _celsius(tree: Tree, path: str) -> float | None:
    value = tree.integer(path)
    if value is None:
        return None
    celsius = value / _MILLI
    if not _COLDEST <= celsius <= _HOTTEST:
        tree.note(path, f"{celsius:g} C is no temperature of a running machine")
        return None
    return celsius


def _brake(tree: Tree, name: str) -> Brake | None:
    folder = f"{_THERMAL}/{name}"
    kind = tree.text(f"{folder}/type") or ""
    if not _SLOWING.search(kind) or "fan" in kind.lower():
        return None
    state = tree.integer(f"{folder}/cur_state")
    return Brake(kind, state) if state is not None and state > 0 else None


def _fans(tree: Tree, name: str) -> list[Fan]:
    folder = f"{_HWMON}/{name}"
    files = tree.folder(folder)
    numbers = sorted(
        {int(found[1]) for file in files if (found := re.fullmatch(r"(?:fan|pwm)([0-9])(?:_input)?", file, re.ASCII))}
    )
    chip = tree.text(f"{folder}/name") or name
    speed = _rpm(tree, f"{folder}/rpm") if "rpm" in files else None
    fans = [Fan(chip, _turns(tree, folder, number, files), _duty(tree, folder, number, files)) for number in numbers]
    if len(fans) > 1:
        # a main board's chip has more sockets than fans, and drives an empty one, too
        fans = [fan for fan in fans if fan.rpm != 0]
    return fans or ([Fan(chip, speed, None)] if "rpm" in files else [])


def _joined(fans: list[Fan]) -> tuple[Fan, ...]:
    """One fan of two halves: on Jetson the tachometer is a device of its own."""
    driven = [fan for fan in fans if fan.rpm is None]
    turning = [fan for fan in fans if fan.duty is None]
    if len(driven) == 1 and len(turning) == 1 and driven != turning:
        whole = Fan(driven[0].name, turning[0].rpm, driven[0].duty)
        return (*(fan for fan in fans if fan not in (driven[0], turning[0])), whole)
    return tuple(fans)


def _turns(tree: Tree, folder: str, number: int, files: tuple[str, ...]) -> int | None:
    file = f"fan{number}_input"
    return _rpm(tree, f"{folder}/{file}") if file in files else None


def _rpm(tree: Tree, path: str) -> int | None:
    turns = tree.integer(path)
    if turns is None or 0 <= turns <= _MOST_RPM:
        return turns
    tree.note(path, f"{turns} is no fan's speed")
    return None


def _duty(tree: Tree, folder: str, number: int, files: tuple[str, ...]) -> float | None:
    file = f"pwm{number}"
    duty = tree.integer(f"{folder}/{file}") if file in files else None
    return duty / 255 if duty is not None and 0 <= duty <= 255 else None
