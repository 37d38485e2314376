"""Tables that a script writes into the docs, between markers, so that nobody copies a figure by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def between(text: str, name: str) -> str:
    """What stands between the markers of that name.

    Raises:
        ValueError: There is not exactly one such pair.
    """
    found = _pattern(name).findall(text)
    if len(found) != 1:
        raise ValueError(f"there are {len(found)} pairs of markers <!-- {name} --> ... <!-- /{name} -->, not one")
    return str(found[0]).strip()


def rewrite(path: Path, name: str, content: str) -> None:
    """Put new content between the markers of that name.

    Args:
        path: A Markdown file.
        name: Of the markers `<!-- NAME -->` and `<!-- /NAME -->`, each on a line of its own.
        content: Markdown.

    Raises:
        ValueError: There is not exactly one such pair.
        OSError: The file cannot be read or written.
    """
    text = path.read_text(encoding="utf-8")
    between(text, name)
    made = f"<!-- {name} -->\n\n{content.strip()}\n\n<!-- /{name} -->"
    path.write_text(_pattern(name).sub(lambda _: made, text), encoding="utf-8")


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(f"<!-- {re.escape(name)} -->(.*?)<!-- /{re.escape(name)} -->", re.DOTALL)
