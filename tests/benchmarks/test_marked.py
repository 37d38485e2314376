from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.marked import between, rewrite

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "before\n\n<!-- a -->\n\nold \\1\n\n<!-- /a -->\n\nafter <!-- b -->kept<!-- /b -->\n"


def test_only_what_is_between_the_markers_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    rewrite(page, "a", r"new \1 | 5 \g<0>")
    assert between(page.read_text(), "a") == r"new \1 | 5 \g<0>"
    assert page.read_text() == PAGE.replace("old \\1", r"new \1 | 5 \g<0>")
    assert between(page.read_text(), "b") == "kept"


@pytest.mark.parametrize("text", ["", "<!-- a -->", PAGE + PAGE], ids=["none", "open", "twice"])
def test_markers_that_are_not_one_pair_are_refused(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="not one"):
        rewrite(page, "a", "new")
    assert page.read_text() == text
