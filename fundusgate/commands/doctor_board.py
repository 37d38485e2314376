"""What `fundusgate doctor` says of the board: each check is a function of what was read, and touches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.commands.doctor_findings import BENCHMARK, good, to_fix, warning
from fundusgate.device.board.identity import Kind

if TYPE_CHECKING:
    from fundusgate.commands.doctor_findings import Finding
    from fundusgate.device.board.board import BoardState
    from fundusgate.device.board.clocks import Clock

_GIB = 2**30
_MIB = 2**20
_LEAST_MEMORY, _LITTLE_MEMORY = 400 * _MIB, 1024 * _MIB
"""The networks and a camera's frames take about 400 MiB; a build by TensorRT takes more."""
_SMALL_BOARD = 9 * _GIB
_NEARLY = 0.95
_BUSY = 0.9
_CLOSE_CELSIUS = 5.0
_WEAK_SUPPLY = "use the board's own power supply and cable; on a Jetson, a lower power mode draws less"


def board_findings(board: BoardState) -> list[Finding]:
    """Every check of the board, the most telling first."""
    return [
        *_what(board),
        *_power_mode(board),
        *_super(board),
        *_cap(board),
        *_jetson_clocks(board),
        *_slowed(board),
        *_slowed_before(board),
        *_heat(board),
        *_power(board),
        *_memory(board),
    ]


def _what(board: BoardState) -> list[Finding]:
    here = board.identity
    if here.kind is not Kind.JETSON:
        return [good("machine", here.model or "This machine does not say what it is.")]
    name = here.model or "A Jetson that does not say which"
    if here.l4t is None:
        fix = "cat /etc/nv_tegra_release; flash the board again if it is empty"
        return [warning("machine", f"{name}; its Jetson Linux cannot be read.", fix)]
    if here.jetpack is None:
        says = f"{name}, Jetson Linux {here.l4t}, which is newer or older than those that are known here."
        return [warning("machine", says, "compile the engines here and look at their figures")]
    return [good("machine", f"{name}, Jetson Linux {here.l4t} (JetPack {here.jetpack}).")]


def _power_mode(board: BoardState) -> list[Finding]:
    modes = board.power_modes
    if board.identity.kind is not Kind.JETSON:
        return []
    if modes.current is None:
        return [warning("power mode", "The power mode cannot be read.", "sudo nvpmodel -q")]
    if modes.maximum is None:
        return [warning("power mode", f"{modes.current.name}; the file does not tell which mode allows most.")]
    if modes.current == modes.maximum:
        return [good("power mode", f"{modes.current.name}, the mode that allows most.")]
    says = f"The board is in {modes.current.name}; {modes.maximum.name} allows more."
    # at a patient's side heat and battery may ask for less; a figure must be of the mode that it names
    return [to_fix("power mode", says, f"sudo nvpmodel -m {modes.maximum.id}", BENCHMARK)]


def _super(board: BoardState) -> list[Finding]:
    if not board.power_modes.super_left_out:
        return []
    says = "This module has Super modes, and the board was flashed without them."
    fix = "flash it with the configuration that ends in -super, if its supply and heat sink allow more"
    return [warning("Super modes", says, fix)]


def _cap(board: BoardState) -> list[Finding]:
    """Whether the GPU may reach what the mode promises: an update may leave it at a lower cap."""
    mode, gpu = board.power_modes.current, board.clocks.gpu
    if mode is None or gpu is None or gpu.highest is None:
        return []
    promised = min((clock for clock in (mode.gpu_hz, gpu.top) if clock is not None), default=None)
    if promised is None or gpu.highest >= _NEARLY * promised:
        return []
    says = f"{mode.name} promises the GPU {_mhz(promised)}, and it may not go above {_mhz(gpu.highest)}."
    return [to_fix("GPU limit", says, f"sudo nvpmodel -m {mode.id}, then restart the board")]


def _jetson_clocks(board: BoardState) -> list[Finding]:
    if board.identity.kind is not Kind.JETSON:
        return []
    locked = board.clocks.locked
    if locked is None or (locked and board.clocks.gpu is None):
        return [warning("jetson_clocks", "Whether the clocks are locked cannot be read.", "sudo jetson_clocks --show")]
    if locked:
        return [good("jetson_clocks", "On: the clocks stay at the power mode's top (more heat, more power).")]
    says = "Off: the clocks follow the load. Figures will scatter; a camera in use need not have it on."
    return [to_fix("jetson_clocks", says, "sudo jetson_clocks", BENCHMARK)]


def _slowed(board: BoardState) -> list[Finding]:
    """What holds the machine back at this moment."""
    clocks, pi = board.clocks, board.throttling.pi
    reasons = [f"the kernel's brake {brake.name} is on" for brake in board.heat.braking]
    reasons += [_held(clock) for clock in (clocks.gpu, *clocks.cpus) if clock is not None and clock.held_below]
    if pi.slowed:
        reasons.append("the Raspberry Pi says that it is throttled")
    if reasons:
        return [to_fix("throttling", f"Slowed down now: {'; '.join(reasons)}.", "cool the board and free its vents")]
    if pi.under_voltage:
        return [to_fix("supply", "The supply's voltage is too low.", _WEAK_SUPPLY)]
    gpu = clocks.gpu
    if gpu and gpu.current and gpu.highest and (clocks.gpu_load or 0) > _BUSY and gpu.current < _NEARLY * gpu.highest:
        says = f"The GPU is busy at {_mhz(gpu.current)} of {_mhz(gpu.highest)}: something may hold it back."
        return [warning("throttling", says, "look again; if it stays so, cool the board or lower the power mode")]
    says = "Nothing slows the machine down now, as far as it tells."
    silent = board.identity.kind is Kind.RASPBERRY_PI and pi.slowed is None
    return [good("throttling", f"{says} `vcgencmd get_throttled` tells more." if silent else says)]


def _slowed_before(board: BoardState) -> list[Finding]:
    pi = board.throttling.pi
    found = [f"{events.meaning} {events.count} times ({events.name})" for events in board.throttling.happened]
    found += ["low voltage"] if pi.under_voltage_since_start else []
    found += ["heat or low voltage"] if pi.slowed_since_start else []
    if not found:
        return []
    says = f"Slowed down since the start: {', '.join(found)}."
    hot = all("heat" in what for what in found)
    return [warning("throttling", says, "free the vents" if hot else _WEAK_SUPPLY)]


def _heat(board: BoardState) -> list[Finding]:
    found = [
        to_fix("fan", f"The fan {fan.name} is driven and does not turn.", "free the fan, or look at its plug")
        for fan in board.heat.fans
        if fan.stuck
    ]
    close = [
        f"{zone.name} is at {zone.celsius:.0f} C, and from {zone.slows_at:.0f} C on the kernel slows it down"
        for zone in board.heat.zones
        if zone.celsius is not None and zone.slows_at is not None and zone.celsius >= zone.slows_at - _CLOSE_CELSIUS
    ]
    if close:
        return [*found, warning("temperature", f"{'; '.join(close)}.", "cool the board and free its vents")]
    hottest = board.heat.hottest
    if hottest is None or hottest.celsius is None:
        return found
    return [*found, good("temperature", f"{hottest.celsius:.0f} C at its hottest ({hottest.name}).")]


def _power(board: BoardState) -> list[Finding]:
    power = board.power
    over = [
        f"{rail.name} draws {rail.amperes:.1f} A, its limit is {rail.limit_amperes:.1f} A"
        for rail in power.rails
        if rail.amperes is not None and rail.limit_amperes and rail.amperes > rail.limit_amperes
    ]
    if over:
        return [warning("power", f"{'; '.join(over)}.", _WEAK_SUPPLY)]
    if power.watts is None:
        return []
    return [good("power", f"{power.watts:.1f} W now ({' + '.join(power.counted)}).")]


def _memory(board: BoardState) -> list[Finding]:
    memory = board.memory
    if memory.available is None or memory.total is None:
        return [warning("memory", "How much memory is free cannot be read.")]
    says = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB are free to use."
    fix = "end other programs and the desktop: sudo systemctl isolate multi-user"
    if memory.available < _LEAST_MEMORY:
        return [to_fix("memory", says, fix)]
    found = [warning("memory", says, fix) if memory.available < _LITTLE_MEMORY else good("memory", says)]
    if memory.total < _SMALL_BOARD and memory.swap_total == 0:
        found.append(warning("swap", "There is none: a build that is too large ends other programs.", _ADD_SWAP))
    return found


_ADD_SWAP = (
    "sudo fallocate -l 4G /swapfile && sudo chmod 600 /swapfile && sudo mkswap /swapfile && sudo swapon /swapfile"
)


def _held(clock: Clock) -> str:
    return f"{clock.name} runs at {_mhz(clock.current)}, below its own lower limit of {_mhz(clock.lowest)}"


def _mhz(hertz: int | None) -> str:
    return f"{(hertz or 0) / 1e6:.0f} MHz"
