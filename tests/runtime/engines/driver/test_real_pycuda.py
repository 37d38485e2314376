"""The real pycuda (and cuda-python, where it is installed) above a stand-in driver: buffers, graphs, engines, framing.

What the played GPU of the other tests cannot show: that pycuda takes each argument as it is given. Not among the
packages of the tests, as it is built against CUDA's headers:

    CUDA_ROOT=/usr/local/cuda pip install pycuda cuda-bindings
    python -m pytest tests/runtime/engines/driver
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.runtime.engines.driver.stand_in import build, needs_pycuda

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = needs_pycuda

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    found = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**build(tmp_path_factory.mktemp("driver")), "PYTHONPATH": found}


def told(environment: dict[str, str], integrated: bool, command: Sequence[str]) -> str:
    given = {**environment, "STAND_IN_INTEGRATED": str(int(integrated))}
    ended = subprocess.run(
        [sys.executable, *command], env=given, cwd=ROOT, check=False, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # pycuda complains there of what it could not give back
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize("integrated", [False, True])
def test_an_engine_and_framing(integrated: bool, environment: dict[str, str]) -> None:
    said = told(environment, integrated, ["-m", "tests.runtime.engines.driver.session"])
    assert ("zero copy" if integrated else "pinned copies") in said
    assert said.endswith("all given back\n")


@pytest.mark.parametrize("integrated", [False, True])
def test_what_is_checked_on_a_gpu(integrated: bool, environment: dict[str, str]) -> None:
    said = told(environment, integrated, ["benchmarks/on_a_gpu.py", "--discs", "4", "--rounds", "1"])
    assert ("MappedBuffer" if integrated else "CopiedBuffer") in said.split("ok   ")[0]
    assert "FAIL" not in said
