"""Machines to compile for."""

from __future__ import annotations

from fundusgate.runtime.engines.machine import Machine

ORIN_NANO = Machine(
    board="NVIDIA Jetson Orin Nano Developer Kit", capability=(8, 7), cuda="12.6", l4t="36.4.0", available=6 * 2**30
)
