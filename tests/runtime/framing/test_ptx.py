"""The PTX in the tree: of this source, and compiled for every GPU by ptxas."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fundusgate.runtime.framing.gpu import PTX
from tests.runtime.framing.make_ptx import LEAST, VERSION, compiler_of, make, source_hash

if TYPE_CHECKING:
    from pathlib import Path

needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="there is no nvcc here to compile framing.cu with")
needs_ptxas = pytest.mark.skipif(shutil.which("ptxas") is None, reason="there is no ptxas here to compile PTX with")

TARGETS = ("sm_75", "sm_80", "sm_86", "sm_87", "sm_89", "sm_90", "sm_100", "sm_110", "sm_120", "sm_121")
"""Turing to Blackwell; 8.7 is Orin, 11.0 Thor."""
MOST_REGISTERS = 64
"""A thread, so that a multiprocessor of 65,536 keeps at least two thirds of its 1,536 threads busy."""


def test_it_was_made_from_the_source_in_the_tree() -> None:
    text = PTX.read_text(encoding="utf-8")
    assert f"SHA-256 {source_hash()}," in text, "run python -m tests.runtime.framing.make_ptx"
    assert f"\n.version {VERSION}\n.target {LEAST.replace('compute', 'sm')}\n" in text


def test_nothing_in_it_fuses_a_sum_with_a_product() -> None:
    instructions = re.findall(r"^\s+(?:@!?%p\d+ )?([a-z]\w*[.\w]*)", PTX.read_text(encoding="utf-8"), re.M)
    floating = [name for name in instructions if re.match(r"(fma|mad|mul|add|sub|div)\.\S*f(32|64)", name)]
    assert floating
    assert all(re.fullmatch(r"(mul|add|sub|div)\.rn\.f(32|64)", name) for name in floating), set(floating)


@needs_nvcc
def test_it_is_what_the_source_makes(tmp_path: Path) -> None:
    made = make(tmp_path)
    text = PTX.read_text(encoding="utf-8")
    if compiler_of(made) != compiler_of(text):
        pytest.skip(f"nvcc {compiler_of(made)} is here, and {compiler_of(text)} made the PTX in the tree")
    assert made == text, "run python -m tests.runtime.framing.make_ptx"


@needs_ptxas
@pytest.mark.parametrize("target", TARGETS)
def test_every_gpu_compiles_it_without_spilling(target: str, tmp_path: Path) -> None:
    command = ["ptxas", "-v", f"-arch={target}", str(PTX), "-o", str(tmp_path / "made.cubin")]
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    said = compiled.stderr + compiled.stdout
    if f"'{target}' is not" in said or "not defined for option 'gpu-name'" in said:
        pytest.skip(f"this ptxas does not know {target}")
    assert compiled.returncode == 0, said
    assert said.count("Compiling entry function") == 2
    spilt = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", said)
    assert spilt == [("0", "0", "0")] * 2, said
    assert all(int(used) <= MOST_REGISTERS for used in re.findall(r"Used (\d+) registers", said)), said
