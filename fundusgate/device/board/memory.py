"""Memory and swap, from /proc/meminfo and /proc/swaps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_LINE = re.compile(r"^(\w+(?:\(\w+\))?):\s+([0-9]{1,15})(?: kB)?$", re.MULTILINE | re.ASCII)
_KIB = 1024


@dataclass(frozen=True)
class Memory:
    """Bytes; None where the kernel does not say. On a Jetson the GPU shares them."""

    total: int | None = None
    available: int | None = None
    """What programs can still take without swapping."""
    swap_total: int | None = None
    swap_free: int | None = None
    zram: int | None = None
    """The part of the swap that lies compressed in memory itself: it makes no room for large weights."""


def read_memory(tree: Tree) -> Memory:
    """Ask the kernel."""
    told = {name: int(value) * _KIB for name, value in _LINE.findall(tree.text("proc/meminfo") or "")}
    return Memory(
        total=told.get("MemTotal"),
        available=told.get("MemAvailable"),
        swap_total=told.get("SwapTotal"),
        swap_free=told.get("SwapFree"),
        zram=_zram(tree),
    )


def _zram(tree: Tree) -> int | None:
    text = tree.text("proc/swaps")
    if text is None:
        return None
    rows = [line.split() for line in text.splitlines()[1:]]
    return sum(int(row[2]) for row in rows if len(row) >= 3 and "zram" in row[0] and _is_size(row[2])) * _KIB


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
