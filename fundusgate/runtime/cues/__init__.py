"""Plain image cues: why a photograph cannot be read, told without a network.

The networks say where anatomy is hidden and how bad it is; neither names the cause. These do, from a framed fundus.
"""

from fundusgate.runtime.cues.measure import Cues, measure_cues
from fundusgate.runtime.cues.vessels import vessel_visibility

__all__ = ["Cues", "measure_cues", "vessel_visibility"]
