"""Whether a build fits in memory, decided before it is begun: a Jetson's GPU shares the system's."""

from __future__ import annotations

from fundusgate.runtime.engines.api import EngineError

MEBIBYTE = 2**20

BUILDER_RESERVE = 700 * MEBIBYTE
"""What TensorRT's libraries and CUDA take before any network; a cautious guess that no board has confirmed yet."""

COPIES_OF_WEIGHTS = 3
"""The parsed graph, the network and the plan hold the weights at the same time."""

LARGEST_WORKSPACE = 1024 * MEBIBYTE
SMALLEST_WORKSPACE = 64 * MEBIBYTE


def workspace_for(available: int, graph_bytes: int, cap: int = LARGEST_WORKSPACE) -> int:
    """Scratch memory that a build may take.

    Args:
        available: Bytes that are free now.
        graph_bytes: Size of the graph with its weights.
        cap: The most that may be taken; TensorRT's own limit would be all of the device's memory.

    Returns:
        Bytes, at least 64 MiB and at most `cap`: half of what the build itself leaves.

    Raises:
        EngineError: Too little is free. The estimate is coarse; what it prevents is the kernel ending the camera's
            other programs.
    """
    needed = BUILDER_RESERVE + COPIES_OF_WEIGHTS * graph_bytes
    left = available - needed
    if left < 2 * SMALLEST_WORKSPACE:
        wanted = needed + 2 * SMALLEST_WORKSPACE
        raise EngineError(
            f"{available // MEBIBYTE} MiB of memory are free and this build needs about {wanted // MEBIBYTE} MiB: end"
            " other programs and the desktop (sudo systemctl isolate multi-user), or add swap"
        )
    return max(SMALLEST_WORKSPACE, min(cap, left // 2))
