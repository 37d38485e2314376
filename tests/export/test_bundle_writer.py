from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fundusgate.export import exchange
from fundusgate.export.bundle_writer import file_entry, replacing, write_manifest
from fundusgate.export.specs import ExportError
from fundusgate.runtime.bundle import MANIFEST_NAME, Bundle, BundleError
from fundusgate.runtime.manifest import (
    Framing,
    GraphEntry,
    InputSpec,
    ModelManifest,
    OutputSpec,
    Precision,
    Preprocessing,
    Provenance,
    Role,
)

if TYPE_CHECKING:
    from pathlib import Path


def fill(folder: Path, version: str, precision: Precision = Precision.FP32) -> None:
    """A bundle whose graph's bytes are its version: what the writer moves is not what the writer knows."""
    graph = folder / f"m{version}.fp32.onnx"
    graph.write_bytes(version.encode() * 1000)
    entry = GraphEntry(**file_entry(graph).model_dump(), opset=17)
    output = OutputSpec(name="score", shape=(1,), meaning="mean_opinion_score", polarity="high_is_good", scale=100)
    model = ModelManifest(
        name="m",
        role=Role.SCORE,
        version=version,
        files={precision: entry},
        input=InputSpec(name="image", shape=(1, 8, 8, 3)),
        preprocessing=Preprocessing(version=1, framing=Framing.DISC, size=8),
        outputs=(output,),
        provenance=Provenance(checkpoint="none", checkpoint_sha256=None, data="none", licence="none"),
    )
    write_manifest(folder, [model])


def write(out: Path, version: str) -> None:
    with replacing(out) as folder:
        fill(folder, version)


def write_cut(out: Path, version: str) -> None:
    with replacing(out) as folder:
        fill(folder, version)
        (folder / f"m{version}.fp32.onnx").write_bytes(b"1")


def version_at(out: Path) -> str:
    return Bundle.open(out).model("m").version


def test_a_bundle_is_written_and_replaced(tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "bundle"
    write(out, "1")
    assert version_at(out) == "1"
    write(out, "2")
    assert version_at(out) == "2"
    assert sorted(path.name for path in out.iterdir()) == ["m2.fp32.onnx", MANIFEST_NAME]
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize(
    ("precision", "schema"), [(Precision.FP32, 1), (Precision.FP16_TRT, 1), (Precision.INT8_FP16_TRT, 2)]
)
def test_the_schema_is_the_oldest_that_knows_every_graph(precision: Precision, schema: int, tmp_path: Path) -> None:
    """So that a camera with an older fundusgate reads what it can, and is told the reason where it cannot."""
    fill(tmp_path, "1", precision)
    assert json.loads((tmp_path / MANIFEST_NAME).read_text(encoding="utf-8"))["schema_version"] == schema
    assert set(Bundle.open(tmp_path).model("m").files) == {precision}


def test_a_failure_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    write(out, "1")
    with pytest.raises(BundleError, match="truncated"):
        write_cut(out, "2")
    assert version_at(out) == "1"
    assert list(tmp_path.iterdir()) == [out]


def test_what_does_not_verify_is_not_published(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    with pytest.raises(BundleError, match="truncated"):
        write_cut(out, "1")
    assert not out.exists()


def test_nobodys_files_are_destroyed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(ExportError, match="holds no sound bundle"):
        write(tmp_path, "1")
    out = tmp_path / "bundle"
    write(out, "1")
    (out / "notes.txt").write_text("kept by a person")
    with pytest.raises(ExportError, match=r"notes\.txt"):
        write(out, "2")
    assert (out / "notes.txt").is_file()
    assert (tmp_path / "thesis.txt").is_file()
    with pytest.raises(ExportError, match="not a folder"):
        write(tmp_path / "thesis.txt", "1")


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    write(tmp_path / "bundle", "1")
    assert version_at(tmp_path / "bundle") == "1"


@pytest.mark.parametrize("exchanges", [True, False])
def test_without_an_exchange_of_names_it_is_replaced_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr(exchange, "exchange", lambda _one, _other: False)
    out = tmp_path / "bundle"
    write(out, "1")
    write(out, "2")
    assert version_at(out) == "2"
    assert list(tmp_path.iterdir()) == [out]


def test_an_export_at_work_is_not_cleaned_away(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    with replacing(out) as first:
        fill(first, "1")
        write(out, "2")
        assert first.is_dir()
    assert version_at(out) == "1"


KILLER = """
import json, os, signal, sys
from pathlib import Path
from fundusgate.export import exchange
from fundusgate.export.bundle_writer import recover
from tests.export.test_bundle_writer import version_at, write

parent, way = Path(sys.argv[1]), sys.argv[2]
os.fsync = lambda descriptor: None  # what a killed process wrote stays in the system's cache
if way == "aside":
    exchange.exchange = lambda one, other: False
EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "fcntl.flock", "ctypes.dlsym")

def die_at(step):
    calls = 0
    def hook(event, _arguments):
        nonlocal calls
        if event not in EVENTS:  # killing is announced as well
            return
        calls += 1
        if calls > step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

outcomes, finished = [], False
while not finished:
    out = parent / str(len(outcomes)) / "bundle"
    write(out, "1")
    child = os.fork()
    if not child:
        die_at(len(outcomes))
        write(out, "2")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    finished = status == 0
    assert finished or os.WTERMSIG(status) == signal.SIGKILL, status
    killed = version_at(out) if out.exists() else None
    recover(out)
    recovered = version_at(out)
    write(out, "3")
    outcomes.append([killed, recovered, version_at(out), [path.name for path in out.parent.iterdir()]])
print(json.dumps(outcomes))
"""


@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_killed_at_any_moment_there_is_the_old_or_the_new(tmp_path: Path, way: str) -> None:
    # The interpreter raises an audit event before each step that the file system can see; a child dies at each.
    run = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), way], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    outcomes = json.loads(run.stdout)
    assert len(outcomes) >= 15
    assert {recovered for _, recovered, _, _ in outcomes} == {"1", "2"}
    assert all((then, beside) == ("3", ["bundle"]) for _, _, then, beside in outcomes)
    absent = sum(killed is None for killed, _, _, _ in outcomes)
    assert absent == 0 if way == "exchange" else absent >= 1
