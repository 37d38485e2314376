"""What has slowed the machine down since it was started: over-current, low voltage, heat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_HWMON = "sys/class/hwmon"
_CPUS = "sys/devices/system/cpu"
_EVENTS = re.compile(r"(oc[0-9]{1,2})_event_cnt", re.ASCII)
_MEANINGS = {"oc1": "low voltage", "oc2": "average over-current", "oc3": "instantaneous over-current"}
"""Of Orin, from NVIDIA's Jetson Linux Developer Guide; Thor names its counters alike, of others nobody knows."""
_MEANT_BY = ("nvidia,tegra234", "nvidia,tegra264")
_UNKNOWN = "over-current or low voltage"
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_SINCE_START = 16
_HEXADECIMAL = re.compile(r"(?:0x)?[0-9a-f]{1,8}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Events:
    """A counter that goes up with each event and starts from 0 with the machine."""

    name: str
    """The kernel's name, such as `oc3`."""
    meaning: str
    count: int


@dataclass(frozen=True)
class PiFlags:
    """The Raspberry Pi's own word on its supply and heat (`vcgencmd get_throttled`); None where it does not say."""

    under_voltage: bool | None = None
    under_voltage_since_start: bool | None = None
    slowed: bool | None = None
    """Its clock is capped, throttled or at the soft temperature limit, now."""
    slowed_since_start: bool | None = None


@dataclass(frozen=True)
class Throttling:
    """All of it."""

    events: tuple[Events, ...] = ()
    pi: PiFlags = PiFlags()

    @property
    def happened(self) -> tuple[Events, ...]:
        """The counters that are not 0."""
        return tuple(events for events in self.events if events.count > 0)


def read_throttling(tree: Tree) -> Throttling:
    """Read the over-current counters, the Pi's flags and the x86 CPU's counters."""
    return Throttling(events=(*_over_current(tree), *_x86(tree)), pi=_pi(tree))


def _over_current(tree: Tree) -> list[Events]:
    found = []
    compatible = (tree.text("proc/device-tree/compatible") or "").split("\0")
    meanings = _MEANINGS if any(name in compatible for name in _MEANT_BY) else {}
    for name in tree.folder(_HWMON):
        for file in tree.folder(f"{_HWMON}/{name}"):
            event = _EVENTS.fullmatch(file)
            count = tree.integer(f"{_HWMON}/{name}/{file}") if event else None
            if event and count is not None and count >= 0:
                found.append(Events(event[1], meanings.get(event[1], _UNKNOWN), count))
    return found


def _x86(tree: Tree) -> list[Events]:
    """The most that any package counted: every core of a package tells the same."""
    counts = [
        tree.integer(f"{_CPUS}/{core}/thermal_throttle/package_throttle_count")
        for core in tree.folder(_CPUS)
        if re.fullmatch(r"cpu[0-9]{1,4}", core, re.ASCII)
    ]
    known = [count for count in counts if count is not None and count >= 0]
    return [Events("package_throttle", "heat", max(known))] if known else []


def _pi(tree: Tree) -> PiFlags:
    word = _pi_word(tree)
    alarm = _pi_voltage_alarm(tree)
    if word is None:
        # the driver's alarm stays on once the voltage has been low, until it is normal again
        return PiFlags(under_voltage=alarm)
    now, since = word & 0xF, word >> _SINCE_START & 0xF
    slowing = _CAPPED | _THROTTLED | _SOFT_LIMIT
    return PiFlags(
        under_voltage=bool(now & _UNDER_VOLTAGE),
        under_voltage_since_start=bool(since & _UNDER_VOLTAGE),
        slowed=bool(now & slowing),
        slowed_since_start=bool(since & slowing),
    )


def _pi_word(tree: Tree) -> int | None:
    """The firmware's flags, hexadecimal with or without 0x; kernels of the Pi 5 have been seen without the file."""
    for soc in tree.folder("sys/devices/platform"):
        if soc != "soc" and not soc.startswith("soc@"):
            continue
        path = f"sys/devices/platform/{soc}/{soc}:firmware/get_throttled"
        text = tree.text(path)
        if text is None:
            continue
        if _HEXADECIMAL.fullmatch(text):
            return int(text, 16)
        tree.note(path, f"{text[:40]!r} is no hexadecimal number")
    return None


def _pi_voltage_alarm(tree: Tree) -> bool | None:
    for name in tree.folder(_HWMON):
        if tree.text(f"{_HWMON}/{name}/name") == "rpi_volt":
            alarm = tree.integer(f"{_HWMON}/{name}/in0_lcrit_alarm")
            return None if alarm is None else alarm != 0
    return None
