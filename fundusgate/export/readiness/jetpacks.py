"""The JetPacks as data: which TensorRT each brings, and what that TensorRT takes.

JetPack, L4T, CUDA and TensorRT from NVIDIA's release notes; opsets from the onnx-tensorrt support matrices.
"""

from __future__ import annotations

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


class UnknownTargetError(ValueError):
    """A JetPack or board that is not known, or that do not go together; the message names those that are."""


@dataclass(frozen=True)
class Target:
    """Where the graph shall run."""

    jetpack: JetPack
    board: Board | None = None
    """None: any board of the JetPack."""
    dla: bool = False
    """Whether the deep-learning accelerator shall run what it can."""

    @property
    def boards(self) -> tuple[Board, ...]:
        """The boards that are meant."""
        return (self.board,) if self.board else tuple(BOARDS[name] for name in self.jetpack.boards)


def jetpacks_of(text: str) -> list[JetPack]:
    """The JetPacks that a user's text means.

    Args:
        text: A version such as `6.1`; a patch release such as `5.1.3`, which is its minor release unless it is listed
            itself; or `7.x` for every JetPack 7.

    Raises:
        UnknownTargetError: None of them is known.
    """
    if text in JETPACKS:
        return [JETPACKS[text]]
    major, _, rest = text.partition(".")
    if rest in ("", "x"):
        found = [jetpack for version, jetpack in JETPACKS.items() if version.split(".")[0] == major]
    else:
        minor = ".".join(text.split(".")[:2])
        found = [JETPACKS[minor]] if minor in JETPACKS else []
    if not found:
        raise UnknownTargetError(
            f"JetPack {text!r} is not known; known are {', '.join(JETPACKS)}, and 7.x for all of 7"
        )
    return found


def board_of(text: str) -> Board:
    """The board of that name.

    Raises:
        UnknownTargetError: It is not known.
    """
    if text not in BOARDS:
        raise UnknownTargetError(f"board {text!r} is not known; known are {', '.join(BOARDS)}")
    return BOARDS[text]


def targets(jetpacks: list[str], board: str | None = None, *, dla: bool = False) -> list[Target]:
    """What a command line means.

    Args:
        jetpacks: As `jetpacks_of` reads them; none means every one whose Python runs fundusgate: from 6.0 on.
        board: One board; None for any.
        dla: Whether the accelerator shall be used.

    Returns:
        A target for each JetPack, oldest first, each once.

    Raises:
        UnknownTargetError: A JetPack or board is not known, or none of the JetPacks runs on that board.
    """
    wanted = {jetpack.version for text in jetpacks for jetpack in jetpacks_of(text)}
    if not jetpacks:
        wanted = {version for version, jetpack in JETPACKS.items() if jetpack.runs_fundusgate}
    chosen = [jetpack for version, jetpack in JETPACKS.items() if version in wanted]
    module = None if board is None else board_of(board)
    fitting = [jetpack for jetpack in chosen if module is None or module.name in jetpack.boards]
    if not fitting:
        named = ", ".join(jetpack.version for jetpack in chosen)
        raise UnknownTargetError(f"JetPack {named} does not run on {board}; leave out --board or --jetpack")
    return [Target(jetpack, module, dla) for jetpack in fitting]
