"""A camera by its URI: `sim://`, `replay:FOLDER`, `v4l2:/dev/video0`, `argus:0`, `picamera2:0`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

from fundusgate.device.cameras.base import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Camera

T = TypeVar("T")
FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
PHOTOGRAPH_FPS = 10.0
"""At which photographs are replayed; a video has its own rate."""


@dataclass
class CameraAddress:
    """A URI taken apart; its options are taken one by one, and what nobody takes is a mistake.

    Attributes:
        uri: As it was written.
        place: What stands between the kind and the options: a device, a folder, a number.
    """

    uri: str
    place: str
    options: dict[str, str]

    def text(self, name: str, default: str) -> str:
        """The option `name`, or `default`."""
        return self.options.pop(name, default)

    def integer(self, name: str, default: int) -> int:
        """The option `name` as a whole number."""
        return self._number(name, default, int, "a whole number")

    def optional_integer(self, name: str) -> int | None:
        """The option `name` as a whole number; None where it is not given."""
        return self._number(name, None, int, "a whole number")

    def number(self, name: str, default: float | None) -> float | None:
        """The option `name` as a number."""
        return self._number(name, default, float, "a number")

    def flag(self, name: str, default: bool) -> bool:
        """The option `name` as yes (1) or no (0)."""
        given = self.options.pop(name, None)
        if given is None:
            return default
        if given.lower() not in FLAGS:
            raise CameraError(f"{self.uri}: {name} is 1 or 0, not {given!r}")
        return FLAGS[given.lower()]

    def index(self) -> int:
        """The place as a camera's number; 0 where none is given."""
        if not self.place:
            return 0
        if not self.place.isascii() or not self.place.isdigit():
            raise CameraError(f"{self.uri}: {self.place!r} is no camera's number; write 0 for the first")
        return int(self.place)

    def finish(self) -> None:
        """Refuse options that nobody has taken."""
        if self.options:
            raise CameraError(f"{self.uri}: there is no option {', '.join(sorted(self.options))} for this camera")

    def _number(self, name: str, default: T, kind: Callable[[str], T], words: str) -> T:
        given = self.options.pop(name, None)
        if given is None:
            return default
        try:
            return kind(given)
        except ValueError:
            raise CameraError(f"{self.uri}: {name} is {words}, not {given!r}") from None


def open_camera(uri: str) -> Camera:
    """Make the camera that a URI names. It is not opened yet: nothing is asked of any device.

    Args:
        uri: One of

            - `sim://` or `sim://?seed=7&fps=30&size=512&script=first&repeat=1`: the phantom plays a session; `script`
              is `first` (an ordinary session) or `tour` (every fault in turn);
            - `replay:FOLDER`, `replay:FILE`, with `?fps=10&each=2&repeat=1`: photographs in the order of their names,
              each in front of the camera for `each` seconds, or a video;
            - `v4l2:/dev/video0`, with `?width=1920&height=1080&fps=30&fourcc=MJPG`: a USB camera;
            - `argus:0`, with `?width=1920&height=1080&fps=30&mode=2&live=960`: a Jetson's CSI camera, live
              frames `live` pixels wide, stills of the full size;
            - `picamera2:0`, with `?live=960`: a Raspberry Pi's camera, likewise;
            - `gstreamer:PIPELINE`: whatever GStreamer has a source for, in the words of gst-launch-1.0.

    Raises:
        CameraError: No such kind of camera, an option that it does not have, or a value that makes no sense.
    """
    kind, colon, rest = uri.strip().partition(":")
    make = KINDS.get(kind.lower())
    if not colon or make is None:
        raise CameraError(f"{uri!r} names no camera: write one of {', '.join(EXAMPLES)}")
    # a file's name may hold a question mark; without an equals sign after it there are no options
    place, _, query = rest.rpartition("?") if "=" in rest.rpartition("?")[2] and "?" in rest else (rest, "", "")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise CameraError(f"{uri}: an option is given twice")
    address = CameraAddress(uri, place.removeprefix("//"), options)
    camera = make(address)
    address.finish()
    return camera


def _sim(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.sim import SimulatedCamera
    from fundusgate.phantom.script import FIRST_SESSION, tour

    seed = address.index() if address.place else address.integer("seed", 7)
    if seed < 0:
        raise CameraError(f"{address.uri}: seed is 0 or more, not {seed}")
    scripts = {"first": FIRST_SESSION, "tour": tour()}
    script = address.text("script", "first")
    if script not in scripts:
        raise CameraError(f"{address.uri}: script is {' or '.join(scripts)}, not {script!r}")
    return SimulatedCamera(
        seed,
        address.integer("size", 512),
        address.number("fps", 30.0),
        scripts[script],
        repeat=address.flag("repeat", True),
    )


def _replay(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.replay import PhotographReplay
    from fundusgate.device.cameras.replay_video import VideoReplay
    from fundusgate.device.photograph import SUFFIXES

    if not address.place:
        raise CameraError(f"{address.uri}: name a folder of photographs or a file, such as replay:photographs")
    path = Path(address.place).expanduser()
    repeat = address.flag("repeat", False)
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        return VideoReplay(path, address.number("fps", None), repeat=repeat)
    fps = address.number("fps", PHOTOGRAPH_FPS)
    return PhotographReplay(path, fps, address.number("each", None), repeat=repeat)


def _v4l2(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.v4l2 import V4l2Camera

    place = f"/dev/video{address.place}" if address.place.isdigit() else address.place or "/dev/video0"
    return V4l2Camera(
        Path(place),
        address.optional_integer("width"),
        address.optional_integer("height"),
        address.number("fps", None),
        address.text("fourcc", "MJPG"),
    )


def _argus(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.argus import ArgusCamera, argus_pipeline

    number = address.index()
    pipeline = argus_pipeline(
        number,
        address.integer("width", 1920),
        address.integer("height", 1080),
        address.integer("fps", 30),
        address.optional_integer("mode"),
        address.integer("live", 960),
    )
    return ArgusCamera(number, pipeline)


def _picamera2(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.picamera2 import Picamera2Camera

    return Picamera2Camera(address.index(), address.integer("live", 960))


def _gstreamer(address: CameraAddress) -> Camera:
    from fundusgate.device.cameras.gstreamer import GStreamerCamera, Pipeline

    if not address.place.strip():
        raise CameraError(f"{address.uri}: write a pipeline, such as gstreamer:videotestsrc is-live=true")
    return GStreamerCamera(address.uri, Pipeline(address.place, endless=False))


KINDS: dict[str, Callable[[CameraAddress], Camera]] = {
    "sim": _sim,
    "replay": _replay,
    "v4l2": _v4l2,
    "argus": _argus,
    "picamera2": _picamera2,
    "gstreamer": _gstreamer,
}
EXAMPLES = ("sim://", "replay:FOLDER", "v4l2:/dev/video0", "argus:0", "picamera2:0", "gstreamer:PIPELINE")
