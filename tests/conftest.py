"""Fixtures shared by every room's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PHOTOGRAPHS_VARIABLE = "FUNDUSGATE_PHOTOGRAPHS"


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real photographs (labels.csv and a folder a source), or a skip that says why."""
    given = os.environ.get(PHOTOGRAPHS_VARIABLE)
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "fundus"
    if not (folder / "labels.csv").is_file():
        pytest.skip(f"no real photographs at hand: set {PHOTOGRAPHS_VARIABLE} to a folder with labels.csv")
    return folder
