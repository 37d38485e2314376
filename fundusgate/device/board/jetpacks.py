"""The Jetson boards and the JetPacks as data: which TensorRT each brings, and what that TensorRT takes.

JetPack, L4T, CUDA and TensorRT from NVIDIA's release notes; opsets from the onnx-tensorrt support matrices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    """One Jetson module family."""

    name: str
    capability: tuple[int, int]
    """CUDA compute capability."""
    int8: bool
    """Whether its GPU multiplies INT8 (dp4a or tensor cores)."""
    dla: bool
    """Whether it has a deep-learning accelerator."""


BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board("nano", (5, 3), int8=False, dla=False),
        Board("tx2", (6, 2), int8=False, dla=False),
        Board("xavier-nx", (7, 2), int8=True, dla=True),
        Board("agx-xavier", (7, 2), int8=True, dla=True),
        Board("orin-nano", (8, 7), int8=True, dla=False),
        Board("orin-nx", (8, 7), int8=True, dla=True),
        Board("agx-orin", (8, 7), int8=True, dla=True),
        Board("thor", (11, 0), int8=True, dla=False),
    )
}
"""Every board that a JetPack here runs on, by name."""

_XAVIERS = ("xavier-nx", "agx-xavier")
_ORINS = ("orin-nano", "orin-nx", "agx-orin")


@dataclass(frozen=True)
class JetPack:
    """One JetPack and the TensorRT that it brings."""

    version: str
    l4t: str
    cuda: str
    tensorrt: tuple[int, int, int]
    python: str
    opset: int
    """Newest ONNX opset that its parser takes."""
    boards: tuple[str, ...]
    unverified: str = ""
    """What nobody has checked, in words; empty when nothing is in doubt."""

    @property
    def tensorrt_name(self) -> str:
        """Such as `TensorRT 8.5.2`."""
        return f"TensorRT {'.'.join(map(str, self.tensorrt))}"

    @property
    def runs_fundusgate(self) -> bool:
        """Whether its own Python, for which its TensorRT package is made, is new enough for this program."""
        return tuple(int(part) for part in self.python.split(".")) >= (3, 10)

    @property
    def weakly_typed(self) -> bool:
        """Whether the builder may choose FP16 or INT8 by flags; TensorRT 11 removed them."""
        return self.tensorrt < (11,)


JETPACKS: dict[str, JetPack] = {
    jetpack.version: jetpack
    for jetpack in (
        JetPack("4.6", "32.7", "10.2", (8, 2, 1), "3.6", 13, ("nano", "tx2", *_XAVIERS)),
        JetPack("5.0", "35.1", "11.4", (8, 4, 1), "3.8", 17, (*_XAVIERS, "agx-orin")),
        JetPack("5.1", "35.2-35.6", "11.4", (8, 5, 2), "3.8", 17, (*_XAVIERS, *_ORINS)),
        JetPack("6.0", "36.3", "12.2", (8, 6, 2), "3.10", 17, _ORINS),
        JetPack("6.1", "36.4", "12.6", (10, 3, 0), "3.10", 20, _ORINS),
        JetPack("6.2", "36.4", "12.6", (10, 3, 0), "3.10", 20, _ORINS),
        JetPack("7.0", "38.2", "13.0", (10, 13, 3), "3.12", 22, ("thor",), "its newest opset"),
        JetPack("7.1", "38.4", "13.0", (10, 13, 3), "3.12", 22, ("thor",), "its TensorRT and its newest opset"),
        JetPack(
            "7.2",
            "39.2",
            "13.2",
            (10, 16, 2),
            "3.12",
            22,
            (*_ORINS, "thor"),
            "its TensorRT (10.16.2 is what users report of L4T 39.2: NVIDIA/TensorRT#4832) and its newest opset",
        ),
        JetPack("7.2.2", "39.2", "13.2", (11, 4, 1), "3.12", 22, (*_ORINS, "thor"), "its newest opset"),
    )
}
"""Every JetPack that is known here, oldest first."""


_NAMES = {
    "32.6.1": "4.6",
    "32.7.1": "4.6.1",
    "32.7.2": "4.6.2",
    "32.7.3": "4.6.3",
    "32.7.4": "4.6.4",
    "32.7.5": "4.6.5",
    "32.7.6": "4.6.6",
    "35.1.0": "5.0.2",
    "35.2.1": "5.1",
    "35.3.1": "5.1.1",
    "35.4.1": "5.1.2",
    "35.5.0": "5.1.3",
    "35.6.0": "5.1.4",
    "35.6.1": "5.1.5",
    "36.3.0": "6.0",
    "36.4.0": "6.1",
    "36.4.3": "6.2",
    "36.4.4": "6.2.1",
    "38.2.0": "7.0",
    "38.4.0": "7.1",
    "39.2.0": "7.2",
    "39.2.1": "7.2.1",
}
"""JetPack by the whole L4T release, from NVIDIA's JetPack archive (7.2 and 7.2.1 as users report them)."""
_LEADING = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")


def jetpacks_of_l4t(l4t: str | None) -> tuple[JetPack, ...]:
    """The JetPacks of the table that bring this Jetson Linux, oldest first; none where it is not known here.

    Args:
        l4t: Such as `36.4.3`.
    """
    found = _LEADING.match(l4t or "")
    if found is None:
        return ()
    here = (int(found[1]), int(found[2]))
    return tuple(
        jetpack for jetpack in JETPACKS.values() if _first_and_last(jetpack)[0] <= here <= _first_and_last(jetpack)[1]
    )


def jetpack_name(l4t: str | None) -> str | None:
    """JetPack's version for a Jetson Linux release, such as `6.2`; `6.1 or 6.2` where the release fits both."""
    if l4t is None:
        return None
    exact = _NAMES.get(l4t) or _NAMES.get(f"{l4t}.0")
    return exact or " or ".join(jetpack.version for jetpack in jetpacks_of_l4t(l4t)) or None


def _first_and_last(jetpack: JetPack) -> tuple[tuple[int, int], tuple[int, int]]:
    ends = [(int(major), int(minor)) for major, minor in _LEADING.findall(jetpack.l4t)]
    return ends[0], ends[-1]
