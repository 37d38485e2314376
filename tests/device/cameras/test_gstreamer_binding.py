"""What is said where GStreamer is not there, or was asked for nonsense."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from fundusgate.device.cameras.base import CameraError
from fundusgate.device.cameras.gstreamer_binding import load_gstreamer
from fundusgate.device.cameras.uri import open_camera

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("options", ["fps=0", "live=4000", "width=-1"])
def test_argus_settings_that_make_no_sense(options: str) -> None:
    with pytest.raises(CameraError, match="over 0"):
        open_camera(f"argus:0?{options}")


def test_no_binding_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "gi"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gi", None)
    with pytest.raises(CameraError, match=r"binding is not installed .* apt-get install python3-gi"):
        load_gstreamer(tmp_path)
    (tmp_path / "gi").mkdir()
    (tmp_path / "gi" / "__init__.py").write_text("from . import _gi\n")
    with pytest.raises(CameraError, match="not made for Python"):
        load_gstreamer(tmp_path)
