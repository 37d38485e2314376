"""What a user means by `--jetpack` and `--board`; the JetPacks themselves are `device.board.jetpacks`."""

from __future__ import annotations

from dataclasses import dataclass

from fundusgate.device.board.jetpacks import BOARDS, JETPACKS, Board, JetPack

__all__ = [
    "BOARDS",
    "JETPACKS",
    "Board",
    "JetPack",
    "Target",
    "UnknownTargetError",
    "board_of",
    "jetpacks_of",
    "targets",
]


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
