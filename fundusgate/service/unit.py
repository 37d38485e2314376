"""The systemd unit, filled in for this installation."""

from __future__ import annotations

import sys
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent / "fundusgate.service"


class UnitError(ValueError):
    """A value that a unit cannot hold; the message says which."""


def unit_text(configuration: Path, archive: Path, user: str, executable: Path | None = None) -> str:
    """The unit's text.

    Args:
        configuration: The TOML file that the service reads.
        archive: The one folder that it may write to.
        user: Whom it runs as.
        executable: The `fundusgate` command; the one beside this Python unless given.

    Raises:
        UnitError: A path is relative or holds a character that systemd reads in its own way.
    """
    command = Path(sys.executable).parent / "fundusgate" if executable is None else executable
    values = {
        "@EXECUTABLE@": str(command),
        "@CONFIGURATION@": str(configuration),
        "@ARCHIVE@": str(archive),
        "@USER@": user,
    }
    for name, value in values.items():
        path = name != "@USER@"
        if not value or (path and not value.startswith("/")) or any(sign in value for sign in " \t\n\"'%$\\"):
            raise UnitError(
                f"{value!r} cannot stand in a unit: give an absolute path without blanks, quotes, % or $"
                if path
                else f"{value!r} is no user's name"
            )
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(name, value)
    return text
