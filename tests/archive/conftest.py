"""The archive's tests work in memory where they can: hundreds of syncs to a slow disk would test the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

RAM_DISK = Path("/dev/shm")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of this test alone, in memory where the system has such a file system."""
    if not (RAM_DISK.is_dir() and os.access(RAM_DISK, os.W_OK)):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="fundusgate-test-", dir=RAM_DISK))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
