"""Derive `gpu_surfaces.json`: the names that pycuda and cuda-python offer.

pycuda's from its own C++ binding source, as building it needs CUDA; cuda-python's by importing its driver module, which
needs no GPU. Nothing is kept but names and argument lists.

    pip download --no-deps --no-binary=:all: pycuda==2026.1 && tar xf pycuda-2026.1.tar.gz
    pip install --target bindings --no-deps cuda-bindings==12.8.0 (then 13.5.0, with cuda-pathfinder)
    python tests/runtime/engines/derive_gpu_surfaces.py pycuda-2026.1 bindings... > tests/runtime/engines/gpu_surfaces.json
"""  # noqa: E501 - a command to be copied

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

_MODULE = re.compile(r'py::def\("(\w+)"|DEF_SIMPLE_FUNCTION\((\w+)\)|DECLARE_EXC\((\w+),')
_CLASS = re.compile(r'(?:py::class_<[^"]*|py::enum_<[^"]*|^\s+)\(?"([A-Za-z_]\w*)"(?:, py::no_init|, py::init|\))')
_MEMBER = re.compile(
    r'\.(?:def|add_property|value|def_readonly)\("(\w+)"|DEF_SIMPLE_METHOD\((\w+)\)|cls\.attr\("(\w+)"\)'
)
_ADDED = re.compile(r"^        (\w+)\.(\w+) = ", re.M)

_ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from cuda.bindings import driver
calls = {name: getattr(driver, name).__doc__.splitlines()[0] for name in dir(driver) if name.startswith(("cuStream", "cuGraph"))}
modes = [name for name in dir(driver.CUstreamCaptureMode) if name.startswith("CU_")]
print(json.dumps({"calls": calls, "CUstreamCaptureMode": modes, "classes": [n for n in dir(driver) if n.startswith("CU")]}))
"""  # noqa: E501


def pycuda_surface(folder: Path) -> dict[str, list[str]]:
    """Names by class; the module's own under the empty name."""
    text = (folder / "src/wrapper/wrap_cudadrv.cpp").read_text(encoding="utf-8")
    held: dict[str, set[str]] = {"": set()}
    name = ""
    for line in text[text.index("BOOST_PYTHON_MODULE") :].splitlines():
        held[""] |= {next(filter(None, found)) for found in _MODULE.findall(line)}
        if "// }}}" in line:
            name = ""
        if found := _CLASS.search(line):
            name = found[1]
            held[""].add(name)
            held.setdefault(name, set())
        held[name or "unnamed"] = held.get(name or "unnamed", set()) | {
            next(filter(None, member)) for member in _MEMBER.findall(line)
        }
    # what its Python part adds for CUDA 4 and later
    added = (folder / "pycuda/driver.py").read_text(encoding="utf-8")
    for name, method in _ADDED.findall(
        added[added.index("if get_version() >= (4,):") : added.index("    else:\n        Function._param_set")]
    ):
        held[name].add(method)
    return {name: sorted(names) for name, names in held.items() if name != "unnamed"}


def cuda_python_surface(folder: Path) -> object:
    """Stream and graph calls with their argument lists."""
    said = subprocess.run([sys.executable, "-c", _ASK, str(folder)], check=True, capture_output=True, text=True)
    return json.loads(said.stdout)


if __name__ == "__main__":
    pycuda, *bindings = map(Path, sys.argv[1:])
    surfaces = {"pycuda": pycuda_surface(pycuda), "cuda-bindings": {p.name: cuda_python_surface(p) for p in bindings}}
    print(json.dumps(surfaces, indent=0))
