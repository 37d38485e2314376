"""Fixtures shared by every room's tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A shell's background jobs are started deaf to Ctrl-C, and so would be every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that has other work.
settings.register_profile("fundusgate", deadline=None)
settings.load_profile("fundusgate")

PHOTOGRAPHS_VARIABLE = "FUNDUSGATE_PHOTOGRAPHS"


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real photographs (labels.csv and a folder a source), or a skip that says why."""
    given = os.environ.get(PHOTOGRAPHS_VARIABLE)
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "fundus"
    if not (folder / "labels.csv").is_file():
        pytest.skip(f"no real photographs at hand: set {PHOTOGRAPHS_VARIABLE} to a folder with labels.csv")
    return folder
