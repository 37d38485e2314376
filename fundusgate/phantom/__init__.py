"""A procedural colour fundus and its degradations, with exact ground truth."""

from fundusgate.phantom.arrays import field_of
from fundusgate.phantom.cameras import CAMERAS, CameraModel
from fundusgate.phantom.degraded import Degraded
from fundusgate.phantom.face import closed_lids, external_eye
from fundusgate.phantom.faults import degrade, degrade_all, degrade_locally
from fundusgate.phantom.live import LiveFrame, LiveSession
from fundusgate.phantom.negatives import lens_cap, not_fundus, room, skin_blur, texture
from fundusgate.phantom.render import Phantom, render
from fundusgate.phantom.script import FIRST_SESSION, Phase, Step, tour

__all__ = [
    "CAMERAS",
    "FIRST_SESSION",
    "CameraModel",
    "Degraded",
    "LiveFrame",
    "LiveSession",
    "Phantom",
    "Phase",
    "Step",
    "closed_lids",
    "degrade",
    "degrade_all",
    "degrade_locally",
    "external_eye",
    "field_of",
    "lens_cap",
    "not_fundus",
    "render",
    "room",
    "skin_blur",
    "texture",
    "tour",
]
