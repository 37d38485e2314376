"""Every fault of the field as a degradation with a strength, and local faults for training maps."""

from fundusgate.phantom.faults.degrade import degrade, degrade_all
from fundusgate.phantom.faults.local import degrade_locally

__all__ = ["degrade", "degrade_all", "degrade_locally"]
