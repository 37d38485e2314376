"""Settings in TOML files: read with one sentence for each way to fail, mistakes by their keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError


def read_toml(path: Path, what: str, refusal: type[ValueError]) -> dict[str, Any]:
    """The content of a file.

    Args:
        path: the file.
        what: how messages call it, such as "profile".
        refusal: raised when it cannot be read or is no TOML.
    """
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise refusal(f"{what} {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refusal(f"{what} {path} is no TOML: {error}") from error


def mistakes_of(error: ValidationError) -> list[str]:
    """Every mistake that was found, a line each, with its key."""
    return [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
