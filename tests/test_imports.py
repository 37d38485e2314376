"""The house's arrows: who may import whom, and what a camera never loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fundusgate

PACKAGE = Path(fundusgate.__file__).parent

MAY_IMPORT: dict[str, set[str]] = {
    "codes": set(),
    "models": {"codes"},
    "phantom": {"codes"},
    "device": {"codes", "phantom"},
    "runtime": {"codes", "device", "models", "phantom"},
    "calibration": {"codes", "device", "models", "phantom", "runtime"},
    "evaluation": {"codes", "runtime", "calibration", "models", "phantom"},
    "training": {"codes", "runtime", "calibration", "models", "phantom", "evaluation"},
    "visibility": {"codes", "runtime", "models", "phantom", "training"},
    "distillation": {"codes", "runtime", "calibration", "models", "phantom", "training", "export"},
    "export": {"codes", "device", "runtime", "calibration", "models", "phantom"},
    "archive": {"codes", "runtime", "device"},
    "live": {"codes", "runtime", "device", "archive"},
    "console": {"codes", "runtime", "device", "phantom", "archive", "live"},
    "bench": {"codes", "runtime", "device", "phantom", "archive", "live"},
    "service": {"codes", "runtime", "device", "archive", "live", "console"},
}
FORBIDDEN_ON_A_CAMERA = ("torch", "onnx", "onnxscript", "transformers", "sklearn", "skimage", "matplotlib")
MOST_SECONDS = 0.8
"""Processor time of a fresh interpreter with the import; not wall time, which a busy machine stretches."""


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        rooms |= {name.split(".")[1] for name in names if name.startswith("fundusgate.")}
    return rooms


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_one_way(room: str) -> None:
    place = PACKAGE / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    wrong = {
        f"{path.relative_to(PACKAGE)} -> {', '.join(sorted(extra))}"
        for path in files
        if (extra := imported_rooms(path) - MAY_IMPORT[room] - {room})
    }
    assert not wrong


def test_every_room_has_its_arrows_stated() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms - {"commands"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("room", ["runtime", "device", "archive.store", "bench.run"])
def test_a_camera_loads_neither_torch_nor_onnx(room: str) -> None:
    code = (
        f"import sys, time; import fundusgate.{room}\n"
        f"print([name for name in {FORBIDDEN_ON_A_CAMERA!r} if name in sys.modules])\n"
        "print(time.process_time())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, seconds = result.stdout.splitlines()
    assert loaded == "[]"
    assert float(seconds) < MOST_SECONDS


def test_the_whole_runtime_works_without_torch_and_onnx() -> None:
    modules = sorted(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for room in ("runtime", "device")
        for path in (PACKAGE / room).rglob("*.py")
        if path.name != "__init__.py"
    )
    code = (
        "import sys, importlib\n"
        f"for name in {FORBIDDEN_ON_A_CAMERA!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
