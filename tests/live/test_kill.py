"""A power cut in the middle of a session: nothing that was accepted is lost, nothing half-written is listed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.store import Archive
from fundusgate.archive.verification import verify

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_session_loses_nothing_that_was_accepted(small_bundle: Path, tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "archive"
    command = [sys.executable, "-m", "tests.live.gate_until_killed", str(small_bundle), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        shown = [running.stdout.readline().strip()]
        # at any moment of the following photographs: while one is taken, judged, written or shown
        time.sleep(random.Random(seed).uniform(0, 1.0))
        running.kill()
        shown += [line.strip() for line in running.stdout]
    assert shown[0]
    with Archive.open(folder) as archive:
        listed = {record.id for record in archive.captures()}
        assert set(shown) <= listed
    with ArchiveReader.look(folder) as reader:
        looked_at, findings = verify(reader)
    assert looked_at == len(listed)
    assert findings == []
