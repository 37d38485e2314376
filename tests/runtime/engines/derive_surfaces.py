"""Derive `tensorrt_surfaces.json`: what TensorRT's Python package offers, release by release.

The bindings on PyPI hold the whole interface but not the libraries behind it. So each release's wheel is unpacked, the
libraries that it asks for are stood in by empty ones with the same names and symbols, and the real module is imported
and asked for its attributes. Nothing of NVIDIA's is kept but the names.

    pip download --no-deps --only-binary=:all: --python-version 3.11 -d wheels NAME==VERSION
    python tests/runtime/engines/derive_surfaces.py wheels > tests/runtime/engines/tensorrt_surfaces.json

with tensorrt-bindings 8.6.1, tensorrt-cu12-bindings 10.3.0 and 10.7.0, tensorrt-cu13-bindings 10.13.3.9, 11.0.0.114
and 11.4.0.106. TensorRT 8.5 is not on PyPI. Needs gcc, nm and readelf, and the Python that the wheels are for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CLASSES = (
    "Builder",
    "BuilderFlag",
    "DeviceType",
    "IBuilderConfig",
    "ICudaEngine",
    "IExecutionContext",
    "IHostMemory",
    "ILogger",
    "ILogger.Severity",
    "INetworkDefinition",
    "ITimingCache",
    "MemoryPoolType",
    "NetworkDefinitionCreationFlag",
    "OnnxParser",
    "ParserError",
    "ProfilingVerbosity",
    "Runtime",
    "TensorIOMode",
)
"""Every class that `fundusgate.export.engines` and `fundusgate.runtime` touch."""

_ASK = """
import json, sys
sys.path.insert(0, ".")
import tensorrt_bindings as trt
held = {"": [name for name in dir(trt) if not name.startswith("_")]}
for name in json.loads(sys.argv[1]):
    found = trt
    for part in name.split("."):
        found = getattr(found, part)
    held[name] = [attribute for attribute in dir(found) if not attribute.startswith("_")]
print(json.dumps({"version": trt.__version__, "held": held}))
"""


def surface_of(wheel: Path) -> dict[str, object]:
    """Version and attributes by class of one wheel; the module's own under the empty name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        library = next(folder.rglob("tensorrt.so"))
        _stand_in(library, folder)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
        command = [sys.executable, "-c", _ASK, json.dumps(CLASSES)]
        said = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, object] = json.loads(said.stdout)
    return found


def _stand_in(library: Path, folder: Path) -> None:
    undefined = _run("nm", "-D", "--undefined-only", str(library)).split()
    symbols = sorted({name for name in undefined if re.match(r"(create\w+_INTERNAL|get\w+|initLib\w+|_ZN\d+nv)", name)})
    source = folder / "stand_in.c"
    source.write_text("".join(f"void *{name}(void) {{ return 0; }}\n" for name in symbols if "@" not in name))
    for wanted in sorted(set(re.findall(r"libnv\w+\.so\.\d+", _run("readelf", "-d", str(library))))):
        _run("gcc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{wanted}", "-o", str(folder / wanted), str(source))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(folder: Path) -> None:
    """Print the surfaces: class -> attribute -> the releases that have it ("all", or a list)."""
    surfaces = [surface_of(wheel) for wheel in sorted(folder.glob("*.whl"))]
    held = {str(surface["version"]): surface["held"] for surface in surfaces}
    versions = sorted(held, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
    classes: dict[str, dict[str, object]] = {}
    for name in ("", *CLASSES):
        every = sorted({attribute for version in versions for attribute in held[version].get(name, [])})  # type: ignore[attr-defined]
        for attribute in every:
            having = [version for version in versions if attribute in held[version].get(name, [])]  # type: ignore[attr-defined]
            classes.setdefault(name, {})[attribute] = "all" if having == versions else having
    origin = "names in the Python bindings that NVIDIA publishes on PyPI, by derive_surfaces.py"
    print(json.dumps({"origin": origin, "versions": versions, "classes": classes}, indent=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
