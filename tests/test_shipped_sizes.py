"""What is installed with the package stays small.

Every re-export is another copy in the history, and a camera fetches the package over a clinic's line: both were at
risk when a bundle was 150 MB, two thirds of it constants that follow from a few numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.models.weights import SHIPPED_FOLDER
from fundusgate.runtime.bundle import shipped_bundle

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE_MOST = 70e6
"""Bytes: 7.25 million parameters in five precisions, of 4, 2, 1, 1 and 1 bytes each, are 65 MB; some layers of INT8
graphs stay in float."""
WEIGHTS_MOST = 15e6
"""Bytes: 7.25 million parameters in half precision are 14.5 MB."""


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_bundle_that_is_installed() -> None:
    assert 0 < size(shipped_bundle().parent) <= BUNDLE_MOST


def test_the_weights_that_are_installed() -> None:
    assert 0 < size(SHIPPED_FOLDER) <= WEIGHTS_MOST
