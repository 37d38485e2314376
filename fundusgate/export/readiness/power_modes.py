"""Peak rates of Jetson modules by power mode.

From NVIDIA's nvpmodel.conf of each module (streaming multiprocessors and clocks): dense INT8 operations a second =
multiprocessors x clock x 4,096; FP16 half of it. TF32, in which TensorRT multiplies fp32, is taken for a quarter, as on
NVIDIA's A100, whose multiprocessors have the same INT8 rate; NVIDIA's table for Jetson names none. Memory rates from
the modules' data sheets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PowerMode:
    """What a module can do at most in one power mode."""

    module: str
    mode: str
    int8_tops: float
    """Dense INT8 operations a second, 10^12; a multiplication and an addition are two."""
    gigabytes: float
    """Memory traffic a second, 10^9 bytes."""
    memory: int
    """Of the module, GiB, shared by everything that runs on it."""

    @property
    def fp16_tops(self) -> float:
        """Dense FP16 operations a second, 10^12."""
        return self.int8_tops / 2

    @property
    def fp32_tops(self) -> float:
        """Dense TF32 operations a second, 10^12."""
        return self.int8_tops / 4


POWER_MODES: tuple[PowerMode, ...] = (
    PowerMode("Orin Nano 8GB", "7W", 6.7, 68, 8),
    PowerMode("Orin Nano 8GB", "15W", 20.5, 68, 8),
    PowerMode("Orin Nano 8GB Super", "15W", 20, 68, 8),
    PowerMode("Orin Nano 8GB Super", "25W", 30, 102, 8),
    PowerMode("Orin Nano 8GB Super", "MAXN_SUPER", 33, 102, 8),
    PowerMode("Orin NX 16GB", "10W", 10, 68, 16),
    PowerMode("Orin NX 16GB", "15W", 10, 102, 16),
    PowerMode("Orin NX 16GB", "25W", 13, 102, 16),
    PowerMode("Orin NX 16GB", "MAXN", 30, 102, 16),
    PowerMode("Orin NX 16GB Super", "40W", 38, 102, 16),
    PowerMode("Orin NX 16GB Super", "MAXN_SUPER", 38, 102, 16),
    PowerMode("AGX Orin 64GB", "30W", 20, 205, 64),
    PowerMode("AGX Orin 64GB", "50W", 53, 205, 64),
    PowerMode("AGX Orin 64GB", "MAXN", 85, 205, 64),
)
"""Every one of NVIDIA's table, smallest first."""
