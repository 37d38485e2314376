"""Which cameras this machine has."""

from __future__ import annotations

from dataclasses import dataclass

from fundusgate.device.cameras.argus import SOURCE
from fundusgate.device.cameras.base import CameraError
from fundusgate.device.cameras.gstreamer_binding import load_gstreamer
from fundusgate.device.cameras.v4l2_devices import list_video_devices


@dataclass(frozen=True)
class FoundCamera:
    """A camera, or a kind of camera that this machine cannot have.

    Attributes:
        uri: What `open_camera` takes.
        label: What it is.
        problem: Why it cannot be used, in one sentence with the next step; None where it can be tried.
    """

    uri: str
    label: str
    problem: str | None = None


def find_cameras() -> list[FoundCamera]:
    """The cameras of every kind; none is opened.

    Of a kind that has none there is one entry that says why.
    """
    simulated = FoundCamera("sim://", "simulated camera: needs no hardware")
    return [*_usb(), *_jetson(), *_raspberry_pi(), simulated]


def _usb() -> list[FoundCamera]:
    devices = list_video_devices()
    if not devices:
        return [FoundCamera("v4l2:/dev/video0", "USB camera", "the kernel lists no video device: plug the camera in")]
    return [
        FoundCamera(f"v4l2:{device.path}", device.label or "video device without a name", device.problem)
        for device in devices
    ]


def _jetson() -> list[FoundCamera]:
    label = "Jetson CSI camera"
    try:
        gst = load_gstreamer()
    except CameraError as error:
        return [FoundCamera("argus:0", label, str(error))]
    if gst.ElementFactory.find(SOURCE) is None:
        return [
            FoundCamera("argus:0", label, f"GStreamer has no {SOURCE}: it comes with JetPack, on Jetson boards only")
        ]
    # Argus lists its sensors only to its own C++ API; opening is the way to know
    return [FoundCamera("argus:0", f"{label}: if one is connected, try it; further ones are argus:1, argus:2")]


def _raspberry_pi() -> list[FoundCamera]:
    label = "Raspberry Pi camera"
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        problem = f"picamera2 is not installed ({error}): on Raspberry Pi OS run `sudo apt install python3-picamera2`"
        return [FoundCamera("picamera2:0", label, problem)]
    known = Picamera2.global_camera_info()
    if not known:
        problem = "libcamera sees no camera: check the ribbon cable, and look at `rpicam-hello --list-cameras`"
        return [FoundCamera("picamera2:0", label, problem)]
    return [
        FoundCamera(f"picamera2:{number}", f"{label} {told.get('Model', '')}".strip())
        for number, told in enumerate(known)
    ]
