"""A profile as text: the base profile's own file with new values in it, so that its comments stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.profile import DEFAULT_PROFILE, Profile

if TYPE_CHECKING:
    from pathlib import Path


def write_profile(profile: Profile, base: Path | None, note: str, out: Path) -> None:
    """Write a profile as TOML, whole or not at all.

    Args:
        profile: what to write.
        base: file of the profile that it was made from; None for the shipped one.
        note: lines that say where it comes from, put before everything as comments.
        out: the file; its folder is made, an existing file is replaced.

    Raises:
        OSError: it cannot be written.
        ValueError: the base's file has a form in which values cannot be replaced.
    """
    text = (DEFAULT_PROFILE if base is None else base).read_text(encoding="utf-8")
    for section, keys in _changed(profile, Profile.load(base)).items():
        for key, value in keys.items():
            text = _replaced(text, section, key, value)
    comments = "".join(f"# {line}\n" for line in note.splitlines())
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.unfinished")
    unfinished.write_text(f"{comments}\n{text}", encoding="utf-8")
    try:
        # read back by the very reader that the camera has: what was not replaced would be seen here
        if Profile.load(unfinished) != profile:
            raise ValueError(f"{base or DEFAULT_PROFILE} is written in a form that cannot be edited: start from a copy")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def _changed(profile: Profile, base: Profile) -> dict[str, dict[str, Any]]:
    """What differs, by section ("" for the top), key and value."""
    changed: dict[str, dict[str, Any]] = {}
    before = base.model_dump()
    for name, value in profile.model_dump().items():
        if not isinstance(value, dict):
            if value != before[name]:
                changed.setdefault("", {})[name] = value
            continue
        for key, inner in value.items():
            if inner != before[name][key]:
                changed.setdefault(name, {})[key] = inner
    return changed


def _replaced(text: str, section: str, key: str, value: object) -> str:
    """The text with `key = value` in a section; a comment behind the old value stays."""
    lines, here = text.split("\n"), ""
    for index, line in enumerate(lines):
        header = re.fullmatch(r"\s*\[([^\]]+)\]\s*(#.*)?", line)
        if header:
            here = header[1]
            continue
        found = re.match(rf"(\s*{re.escape(key)}\s*=\s*)(\"[^\"]*\"|\{{[^}}]*\}}|[^#]*?)(\s*#.*|\s*)$", line)
        if found and here == section:
            lines[index] = f"{found[1]}{_toml(value)}{found[3]}"
            return "\n".join(lines)
    return text


def _toml(value: object) -> str:
    """A value as TOML writes it: text, numbers, and tables of them in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }" if value else "{}"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
