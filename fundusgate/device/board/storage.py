"""Which disks there are and what a folder's disk has left."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.device.board.tree import Tree

_BLOCK = "sys/block"
_SECTOR = 512
# mtdblock is the chip that the firmware lies in; an eMMC's boot and replay-protected parts are devices beside it
_NO_DISK = re.compile(
    r"(?:loop|ram|zram|dm-|md|nbd|fd|sr|mtdblock)[0-9]+|mmcblk[0-9]+(?:boot[0-9]+|rpmb|gp[0-9]+)", re.ASCII
)
_PARTITION = re.compile(r"(?<=[0-9])p[0-9]+$|(?<=[a-z])[0-9]+$", re.ASCII)


class DiskKind(str, Enum):
    """How a disk is attached."""

    NVME = "nvme"
    SD = "sd"
    """A card: slow to write, and the first thing to wear out."""
    EMMC = "emmc"
    USB = "usb"
    DISK = "disk"
    """SATA, UFS, virtual, and what does not say."""


_CARDS = {"SD": DiskKind.SD, "MMC": DiskKind.EMMC}


@dataclass(frozen=True)
class Disk:
    """One disk of the machine."""

    name: str
    kind: DiskKind
    bytes: int | None
    model: str | None


@dataclass(frozen=True)
class Storage:
    """The disks, and which of them the system runs from (None where it is none of them, such as a network's)."""

    disks: tuple[Disk, ...] = ()
    system: str | None = None


@dataclass(frozen=True)
class Space:
    """What the disk of a folder has left, in bytes, for this user."""

    total: int
    free: int


def read_storage(tree: Tree) -> Storage:
    """Ask the kernel for its block devices and for what is mounted on `/`."""
    disks = tuple(_disk(tree, name) for name in tree.folder(_BLOCK) if not _NO_DISK.fullmatch(name))
    names = {disk.name for disk in disks}
    system = None
    for line in (tree.text("proc/mounts") or "").splitlines():
        words = line.split()
        if len(words) >= 2 and words[1] == "/" and words[0].startswith("/dev/"):
            device = words[0].removeprefix("/dev/")
            whole = device if device in names else _PARTITION.sub("", device)
            system = whole if whole in names else system
    return Storage(disks, system)


def space_of(folder: Path) -> Space | None:
    """What the disk has left that would hold a folder, which need not be there yet; None where nobody can tell."""
    try:
        place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        disk = os.statvfs(place)
    except (OSError, StopIteration):
        return None
    return Space(disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize)


def _disk(tree: Tree, name: str) -> Disk:
    sectors = tree.integer(f"{_BLOCK}/{name}/size")
    model = tree.text(f"{_BLOCK}/{name}/device/model") or tree.text(f"{_BLOCK}/{name}/device/name") or None
    return Disk(name, _kind(tree, name), None if sectors is None else sectors * _SECTOR, model)


def _kind(tree: Tree, name: str) -> DiskKind:
    if name.startswith("nvme"):
        return DiskKind.NVME
    if name.startswith("mmcblk"):
        return _CARDS.get(tree.text(f"{_BLOCK}/{name}/device/type") or "", DiskKind.DISK)
    removable = tree.text(f"{_BLOCK}/{name}/removable") == "1"
    return DiskKind.USB if removable else DiskKind.DISK
