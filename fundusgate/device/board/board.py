"""The whole board at one moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fundusgate.device.board.clock_time import ClockTime, read_clock_time
from fundusgate.device.board.clocks import Clocks, read_clocks
from fundusgate.device.board.heat import Heat, read_heat
from fundusgate.device.board.identity import Identity, read_identity
from fundusgate.device.board.memory import Memory, read_memory
from fundusgate.device.board.power import Power, read_power
from fundusgate.device.board.power_modes import PowerModes, read_power_modes
from fundusgate.device.board.storage import Storage, read_storage
from fundusgate.device.board.throttling import Throttling, read_throttling
from fundusgate.device.board.tree import Tree, Unread

_ROOT = Path("/")


@dataclass(frozen=True)
class BoardState:
    """Everything that the readers found; None and empty for what the machine does not have."""

    identity: Identity
    power_modes: PowerModes
    clocks: Clocks
    heat: Heat
    throttling: Throttling
    power: Power
    memory: Memory
    storage: Storage
    time: ClockTime
    unread: tuple[Unread, ...]
    """The files that are there and told nothing, and why."""

    def to_json_object(self) -> dict[str, Any]:
        """Plain values by field name."""
        return asdict(self)


def read_board(root: Path = _ROOT) -> BoardState:
    """Read a machine's files; takes some milliseconds, changes nothing, and never raises.

    Args:
        root: Of its file system: `/`, or a copy of another machine's.
    """
    tree = Tree(root)
    clocks = read_clocks(tree)
    return BoardState(
        identity=read_identity(tree),
        power_modes=read_power_modes(tree, clocks.gpu.top if clocks.gpu else None),
        clocks=clocks,
        heat=read_heat(tree),
        throttling=read_throttling(tree),
        power=read_power(tree),
        memory=read_memory(tree),
        storage=read_storage(tree),
        time=read_clock_time(tree),
        unread=tuple(tree.unread),
    )
