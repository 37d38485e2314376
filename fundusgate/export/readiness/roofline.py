"""Time and memory of a network on a machine, from its operations and bytes: the roofline (Williams et al., 2009).

Three bounds and one guess. *All fused*: every operation at the peak rate, and through memory only what must come from
there, weights, photograph and result, once: nothing is quicker. *Nothing fused*: each node on its own, what it reads
and writes through memory. *As an engine*: between them, what changes value by value is done where its values are made,
as TensorRT fuses it ("pointwise fusion" in its developer guide), so that only a second operand is read for it.
*Rather*: as an engine, at `USUAL_SHARE` of the peaks, and a launch for every node that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fundusgate.export.readiness.power_modes import PowerMode

USUAL_SHARE = 0.5
"""Of the peak rates, what a kernel for small tensors at a batch of one may be hoped to reach: an assumption."""
LAUNCH_SECONDS = 1e-5
"""Of each kernel: an assumption, set so that the smallest network of docs/estimate.md's published latencies lies inside
the range."""

RUNTIME_BYTES = 700 * 2**20
"""CUDA's and TensorRT's libraries in memory: an assumption, as in `engines.memory`."""


class Floats(str, Enum):
    """What is computed in that is not INT8."""

    FP32 = "fp32"
    FP16 = "fp16"

    @property
    def bytes(self) -> int:
        """Of one value."""
        return 4 if self is Floats.FP32 else 2


@dataclass(frozen=True)
class Peak:
    """What a machine can do at most."""

    int8: float
    """Operations a second; a multiplication and its addition are two."""
    fp16: float
    fp32: float
    bytes: float
    """Through memory, a second."""

    @classmethod
    def of(cls, mode: PowerMode) -> Peak:
        """Of a Jetson module in a power mode."""
        return cls(1e12 * mode.int8_tops, 1e12 * mode.fp16_tops, 1e12 * mode.fp32_tops, 1e9 * mode.gigabytes)

    def seconds(self, node: NodeWork, floats: Floats) -> float:
        """Of one node on its own, its values through memory."""
        return max(self.working(node, floats), node.traffic(floats) / self.bytes)

    def working(self, node: NodeWork, floats: Floats) -> float:
        """Seconds of its operations alone."""
        float_rate = self.fp32 if floats is Floats.FP32 else self.fp16
        return 2 * node.multiplications / (self.int8 if node.int8 else float_rate)


@dataclass(frozen=True)
class NodeWork:
    """What one node costs, in values; how many bytes a value has depends on what the network runs in."""

    multiplications: int
    """Each with its addition; 0 for what only changes or moves values."""
    read: int
    """Values that other nodes computed."""
    weights: int
    """Constants."""
    written: int
    int8: bool = False
    """For a product, that its factors are INT8; for any other node, that it makes INT8 of floats."""
    pointwise: bool = False
    """That it changes value by value."""

    def traffic(self, floats: Floats) -> int:
        """Bytes that it reads and writes."""
        size = floats.bytes
        if not self.int8:
            return size * (self.read + self.weights + self.written)
        if self.multiplications:
            return self.read + self.weights + size * self.written
        return size * self.read + self.written

    def operands(self, floats: Floats) -> int:
        """Bytes that a pointwise node reads beside the values that it changes."""
        return floats.bytes * max(0, self.read - self.written)

    def weight_bytes(self, floats: Floats) -> int:
        """Bytes of its constants."""
        return self.weights * (1 if self.int8 else floats.bytes)


@dataclass(frozen=True)
class Work:
    """What a network costs, wherever it runs."""

    nodes: tuple[NodeWork, ...]
    outside: int
    """Values of the photograph and of the results."""
    alive: int
    """Most values that are alive at once."""
    floats: Floats = Floats.FP16

    @property
    def multiplications(self) -> int:
        """Of the whole network."""
        return sum(node.multiplications for node in self.nodes)

    @property
    def weight_bytes(self) -> int:
        """Constants as an engine holds them."""
        return sum(node.weight_bytes(self.floats) for node in self.nodes)

    @property
    def peak_bytes(self) -> int:
        """Most bytes of values that are alive at once."""
        return self.floats.bytes * self.alive

    @property
    def memory(self) -> int:
        """Bytes that running it takes, with CUDA and TensorRT."""
        return RUNTIME_BYTES + self.weight_bytes + self.peak_bytes

    def all_fused(self, peak: Peak) -> float:
        """Milliseconds that nothing can undercut."""
        working = sum(peak.working(node, self.floats) for node in self.nodes)
        through_memory = self.weight_bytes + self.floats.bytes * self.outside
        return 1000 * max(working, through_memory / peak.bytes)

    def nothing_fused(self, peak: Peak) -> float:
        """Milliseconds at the peak rates, each node on its own."""
        return 1000 * sum(peak.seconds(node, self.floats) for node in self.nodes)

    def as_engine(self, peak: Peak) -> float:
        """Milliseconds at the peak rates, pointwise nodes done where their values are made."""
        kernels = sum(peak.seconds(node, self.floats) for node in self.nodes if not node.pointwise)
        operands = sum(node.operands(self.floats) for node in self.nodes if node.pointwise)
        return 1000 * (kernels + operands / peak.bytes)

    @property
    def kernels(self) -> int:
        """Nodes that are launched on their own."""
        return sum(not node.pointwise for node in self.nodes)

    def fastest(self, mode: PowerMode) -> float:
        """Milliseconds on a Jetson: no engine is quicker."""
        return self.all_fused(Peak.of(mode))

    def usual(self, mode: PowerMode) -> float:
        """Milliseconds on a Jetson that an engine may be hoped to keep below."""
        return self.as_engine(Peak.of(mode)) / USUAL_SHARE + 1000 * LAUNCH_SECONDS * self.kernels

    def fits(self, mode: PowerMode) -> bool:
        """Whether half of the module's memory holds it; the rest is the system's and the camera's."""
        return self.memory < mode.memory * 2**30 // 2

    def to_json_object(self, modes: tuple[PowerMode, ...]) -> dict[str, Any]:
        """For `--json` of `fundusgate readiness` and `fundusgate bench --estimate`."""
        return {
            "estimate": True,
            "giga_multiplications": self.multiplications / 1e9,
            "memory_mib": self.memory / 2**20,
            "floats": self.floats.value,
            "assumed_share_of_peak": USUAL_SHARE,
            "assumed_launch_us": 1e6 * LAUNCH_SECONDS,
            "boards": [
                {
                    "module": mode.module,
                    "mode": mode.mode,
                    "at_least_ms": self.fastest(mode),
                    "rather_ms": self.usual(mode),
                    "fits": self.fits(mode),
                }
                for mode in modes
            ],
        }
