"""GStreamer from Python, also where a virtual environment does not see the system's binding."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from fundusgate.device.cameras.base import CameraError

DEBIAN_PACKAGES = Path("/usr/lib/python3/dist-packages")
"""Where Debian, Ubuntu and JetPack put python3-gi."""
PACKAGES = (
    "sudo apt-get install python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base "
    "gstreamer1.0-plugins-good"
)


def load_gstreamer(system_packages: Path = DEBIAN_PACKAGES) -> Any:  # noqa: ANN401 - made at run time, it has no types
    """GStreamer's module `Gst`, initialised, and its appsink known.

    Args:
        system_packages: Where the system keeps `gi` for its own Python.

    Raises:
        CameraError: GStreamer or its Python binding is not installed.
    """
    gi = _gi(system_packages)
    try:
        gi.require_version("Gst", "1.0")
        gi.require_version("GstApp", "1.0")
        gst = importlib.import_module("gi.repository.Gst")
        # without it an appsink has no methods
        importlib.import_module("gi.repository.GstApp")
    except (ImportError, ValueError) as error:
        raise CameraError(f"GStreamer is not installed ({error}): run `{PACKAGES}`") from error
    if not gst.is_initialized():
        gst.init(None)
    return gst


def _gi(system_packages: Path) -> Any:  # noqa: ANN401 - a module that is there or not
    try:
        return importlib.import_module("gi")
    except ImportError as error:
        location = system_packages / "gi" / "__init__.py"
        spec = importlib.util.spec_from_file_location("gi", location) if location.is_file() else None
        if spec is None or spec.loader is None:
            raise CameraError(f"GStreamer's Python binding is not installed ({error}): run `{PACKAGES}`") from error
    # only this package of the system's, so that no other of them shadows the environment's own
    module = importlib.util.module_from_spec(spec)
    sys.modules["gi"] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        for name in [name for name in sys.modules if name.partition(".")[0] == "gi"]:
            del sys.modules[name]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CameraError(
            f"the system's GStreamer binding is not made for Python {version} ({error}): use the system's own Python, "
            "or install PyGObject into this environment"
        ) from error
    return module
