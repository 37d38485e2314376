"""A real file system whose disk is copied at random moments: what a power cut would leave, buffers lost and all."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.store import Archive
from fundusgate.archive.verification import verify
from tests.archive.warm import Doomed

if TYPE_CHECKING:
    from collections.abc import Iterator

CUTS = 12


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    run("mount", "-o", "loop", image, folder)
    try:
        yield folder
    finally:
        run("umount", "--lazy", folder)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file that holds an ext4 file system, or a skip that says why there is none."""
    path = tmp_path / "disk"
    path.write_bytes(b"")
    os.truncate(path, 16 * 2**20)
    if shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        pytest.skip("no mkfs.ext4 here: install e2fsprogs")
    run(shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin") or "mkfs.ext4", "-q", "-F", path)
    try:
        with mounted(path, tmp_path / "try"):
            pass
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no file system can be mounted here: {error.stderr.decode().strip()}")
    return path


def stopped(process: int) -> None:
    """Stop a process and wait until it is out of its last system call."""
    os.kill(process, signal.SIGSTOP)
    while Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)


def test_what_was_kept_is_on_the_disk_itself(image: Path, tmp_path: Path) -> None:
    dice = random.Random(0)
    doomed = Doomed()
    promised: dict[str, str] = {}
    copies: list[tuple[Path, dict[str, str]]] = []
    with mounted(image, tmp_path / "disk-now") as disk:
        child = doomed.start("keep", disk / "archive", dice)
        for number in range(CUTS):
            wanted = len(promised) + dice.randrange(1, 4)
            while len(promised) < wanted:
                words = doomed.next()
                promised |= {words[1]: words[2]} if words[0] == "kept" else {}
            time.sleep(dice.uniform(0, 0.02))
            stopped(child)
            copies.append((tmp_path / f"copy{number}", dict(promised)))
            shutil.copyfile(image, copies[-1][0])
            os.kill(child, signal.SIGCONT)
        os.kill(child, signal.SIGKILL)
        doomed.close()
    for copy, there in copies:
        with mounted(copy, tmp_path / "disk-then") as disk, Archive.open(disk / "archive") as archive:
            assert verify(archive)[1] == []
            assert there.items() <= {record.id: record.photograph_sha256 for record in archive.captures()}.items()
        copy.unlink()
