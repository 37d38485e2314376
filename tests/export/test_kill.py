from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import save_file

from fundusgate.models import build
from fundusgate.phantom.render import render
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.manifest import Precision

LOOSE = "flips = 1.0\nflips_upper = 1.0\nscore_srcc = -1.0\nscore_p99 = 100.0\nmap_mean = 1.0\n"
"""Six phantoms prove no budget; what is tried here is what a kill leaves."""
INTERRUPTED = 130
PATIENCE = 300
"""Seconds; a busy machine takes a minute to import torch."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an export takes: six photographs and a budget."""
    root = tmp_path_factory.mktemp("exports")
    (root / "photographs").mkdir()
    (root / "temporary").mkdir()
    for seed in range(6):
        Image.fromarray(render(seed, 128).rgb).save(root / "photographs" / f"{seed}.png")
    (root / "budget.toml").write_text(LOOSE, encoding="utf-8")
    return root


def surroundings(root: Path) -> dict[str, str]:
    given = {"XDG_CACHE_HOME": str(root / "cache"), "TMPDIR": str(root / "temporary"), "OMP_NUM_THREADS": "1"}
    return os.environ | given


def left_in_temporary(root: Path) -> list[str]:
    """What of ours no later export would clear away."""
    return [path.name for path in (root / "temporary").iterdir() if path.name.startswith("fundusgate")]


def test_killed_at_any_step_the_old_bundle_or_the_new_is_there(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.export.killed_exports", str(root)],
        capture_output=True,
        text=True,
        check=False,
        env=surroundings(root),
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    # Each export found what the killed ones before it had left, and none stopped at it.
    assert {status for _, status, _ in told["killed"]} <= {signal.SIGKILL, 0}, (root / "said.txt").read_text()
    killed = [replaced for _, status, replaced in told["killed"] if status == signal.SIGKILL]
    assert len(killed) >= 12
    assert set(killed) == {True, False}
    assert all(replaced for _, status, replaced in told["killed"] if status == 0)
    assert (told["last"], told["version"]) == (0, "1")
    assert [path.name for path in root.glob(".*")] == []
    assert left_in_temporary(root) == []


def edge_weights(folder: Path, version: str) -> Path:
    path = folder / f"{version}.safetensors"
    save_file(build("efiqa-cp-edge").state_dict(), path, metadata={"version": version, "framing": "disc"})
    return path


def command(root: Path, version: str, *options: str) -> list[str]:
    checkpoint = root / f"{version}.safetensors"
    named = ["--out", str(root / "bundle"), "--model", f"efiqa-cp-edge={checkpoint}", *options]
    return [sys.executable, "-c", "from fundusgate.cli import app; app()", "export", *named]


def with_int8(root: Path) -> list[str]:
    return ["--calibration", str(root / "photographs"), "--budget", str(root / "budget.toml")]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """An old bundle in fp32, and weights for a new one."""
    root = Path(shutil.copytree(root, tmp_path_factory.mktemp("edge") / "exports"))
    shutil.rmtree(root / "bundle", ignore_errors=True)
    for version in ("old", "new"):
        edge_weights(root, version)
    subprocess.run(command(root, "old"), check=True, capture_output=True, env=surroundings(root))
    return root


def begin(root: Path) -> subprocess.Popen[str]:
    """An export with INT8 that is at work on its graphs."""
    running = subprocess.Popen(
        command(root, "new", *with_int8(root)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(root),
        # A shell's background jobs ignore SIGINT, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + PATIENCE
    while not list(root.glob(".bundle.export-*/*.fp32.onnx")):
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)
    return running


def test_interrupted_it_says_130_and_leaves_the_old_bundle_alone(exported: Path) -> None:
    running = begin(exported)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == INTERRUPTED
    assert "Traceback" not in said
    assert Bundle.open(exported / "bundle").model("efiqa-cp-edge").version == "old"
    assert [path.name for path in exported.glob(".*")] == []


def test_the_command_killed_while_it_calibrates_leaves_no_graph_behind(exported: Path) -> None:
    shutil.rmtree(exported / "cache", ignore_errors=True)
    running = begin(exported)
    until = time.monotonic() + PATIENCE
    while not list(exported.glob(".bundle.export-*/scratch-*/fundusgate-calibration-*")):
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.001)
    running.kill()
    running.communicate()
    assert Bundle.open(exported / "bundle").model("efiqa-cp-edge").version == "old"
    assert left_in_temporary(exported) == []


def test_the_command_killed_while_it_quantizes_leaves_nothing_that_the_next_stumbles_over(exported: Path) -> None:
    running = begin(exported)
    scratch = "*/scratch-*/parity"
    until = time.monotonic() + PATIENCE
    while not list(exported.glob(f".bundle.export-{scratch}")):
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)
    running.kill()
    running.communicate()
    assert Bundle.open(exported / "bundle").model("efiqa-cp-edge").version == "old"
    assert len(list(exported.glob(".bundle.export-*"))) == 1
    assert left_in_temporary(exported) == []
    again = subprocess.run(
        command(exported, "new", *with_int8(exported)), capture_output=True, check=False, env=surroundings(exported)
    )
    assert again.returncode == 0, again.stderr
    model = Bundle.open(exported / "bundle").model("efiqa-cp-edge")
    assert model.version == "new"
    assert set(model.files) == set(Precision)
    assert [path.name for path in exported.glob(".*")] == []
