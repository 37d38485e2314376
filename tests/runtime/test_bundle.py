from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundusgate.runtime.bundle import MANIFEST_NAME, Bundle, BundleError, file_sha256, shipped_bundle
from fundusgate.runtime.manifest import SCHEMA_VERSION, Precision, Role
from tests.runtime.graphs import MEANS, SIDE, write_graph

if TYPE_CHECKING:
    from collections.abc import Callable

Content = dict[str, Any]


def manifest_of(graph: Path) -> Content:
    return {
        "schema_version": SCHEMA_VERSION,
        "producer": {"name": "fundusgate", "version": "0.1.0"},
        "models": [
            {
                "name": "means",
                "role": "score",
                "version": "1",
                "files": {
                    "fp32": {
                        "file": graph.name,
                        "sha256": file_sha256(graph),
                        "bytes": graph.stat().st_size,
                        "opset": 17,
                    }
                },
                "input": {"name": "image", "shape": [1, SIDE, SIDE, 3]},
                "preprocessing": {"version": 1, "framing": "disc", "size": SIDE},
                "outputs": [
                    {
                        "name": "score",
                        "shape": [1],
                        "meaning": "mean_opinion_score",
                        "polarity": "high_is_good",
                        "scale": 100.0,
                    }
                ],
                "provenance": {
                    "checkpoint": "none",
                    "checkpoint_sha256": None,
                    "data": "none",
                    "licence": "Apache-2.0",
                },
            }
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ein Bündel 眼"
    folder.mkdir()
    graph = write_graph(folder / "means.fp32.onnx", MEANS)
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest_of(graph)), encoding="utf-8")
    return folder


def rewrite(folder: Path, change: Callable[[Content], None]) -> None:
    path = folder / MANIFEST_NAME
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_sound_bundle_opens(folder: Path) -> None:
    (folder / "notes.txt").write_text("kept by a person")
    bundle = Bundle.open(folder)
    model = bundle.first(Role.SCORE)
    assert model is not None
    assert model == bundle.model("means")
    assert bundle.first(Role.MAP) is None
    assert bundle.graph_path("means", Precision.FP32) == folder / "means.fp32.onnx"
    assert bundle.extra_files == ("notes.txt",)


def test_what_is_not_held_is_named(folder: Path) -> None:
    bundle = Bundle.open(folder)
    with pytest.raises(BundleError, match="holds no network 'fthnet-l'; it holds means"):
        bundle.model("fthnet-l")
    with pytest.raises(BundleError, match="holds means as fp32, not as int8-cpu"):
        bundle.graph_path("means", Precision.INT8_CPU)


def test_every_single_flipped_byte_is_seen(folder: Path) -> None:
    path = folder / "means.fp32.onnx"
    sound = path.read_bytes()
    for position in range(0, len(sound), 37):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
        with pytest.raises(BundleError, match=r"means\.fp32\.onnx is altered"):
            Bundle.open(folder)


def test_truncated_grown_and_missing_files_are_refused(folder: Path) -> None:
    path = folder / "means.fp32.onnx"
    sound = path.read_bytes()
    path.write_bytes(sound[:-1])
    with pytest.raises(BundleError, match="truncated"):
        Bundle.open(folder)
    path.write_bytes(sound + b"\0")
    with pytest.raises(BundleError, match="altered"):
        Bundle.open(folder)
    path.unlink()
    with pytest.raises(BundleError, match="missing"):
        Bundle.open(folder)
    path.mkdir()
    with pytest.raises(BundleError, match="not a file"):
        Bundle.open(folder)


def test_a_folder_that_is_no_bundle(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a folder"):
        Bundle.open(tmp_path / "absent")
    with pytest.raises(BundleError, match="not a folder"):
        Bundle.open(folder / MANIFEST_NAME)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match="fundusgate export"):
        Bundle.open(tmp_path / "empty")


def test_a_truncated_manifest_is_refused_at_every_length(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    sound = path.read_bytes()
    for length in range(0, len(sound), 29):
        path.write_bytes(sound[:length])
        with pytest.raises(BundleError, match="truncated or damaged"):
            Bundle.open(folder)


@pytest.mark.parametrize(
    "text", [b"[]", b"null", b"3", b'{"producer": 3}', b'{"producer": {"name": "anomalib"}, "schema_version": 1}']
)
def test_another_programs_json_is_foreign(folder: Path, text: bytes) -> None:
    (folder / MANIFEST_NAME).write_bytes(text)
    with pytest.raises(BundleError, match="not written by fundusgate"):
        Bundle.open(folder)


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / MANIFEST_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BundleError, match="not UTF-8"):
        Bundle.open(folder)


def test_the_first_schema_is_read_and_knows_no_strongly_typed_int8(folder: Path) -> None:
    rewrite(folder, lambda content: content.update(schema_version=1))
    assert Bundle.open(folder).manifest.schema_version == 1

    def add(content: Content) -> None:
        files = content["models"][0]["files"]
        files["int8-fp16-trt"] = files.pop("fp32")

    rewrite(folder, add)
    with pytest.raises(BundleError, match="schema 1 does not know all of these graphs, schema 2 does"):
        Bundle.open(folder)
    rewrite(folder, lambda content: content.update(schema_version=2))
    assert Precision.INT8_FP16_TRT in Bundle.open(folder).model("means").files


def test_a_newer_schema_says_what_to_do(folder: Path) -> None:
    rewrite(folder, lambda content: content.update(schema_version=SCHEMA_VERSION + 1, novelty={}))
    with pytest.raises(BundleError, match=r"newer than 2.*upgrade fundusgate"):
        Bundle.open(folder)


@pytest.mark.parametrize("version", [None, "1", 0, -1, 1.0, True])
def test_a_schema_version_that_is_none(folder: Path, version: object) -> None:
    rewrite(folder, lambda content: content.update(schema_version=version))
    with pytest.raises(BundleError, match="schema version"):
        Bundle.open(folder)


@pytest.mark.parametrize(
    "name",
    ["../means.fp32.onnx", "/etc/passwd", "a/b.onnx", "..", ".", "", "C:\\x.onnx", "C:x", "..\\x", "x\0", ".hidden"],
)
def test_a_path_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    rewrite(folder, lambda content: content["models"][0]["files"]["fp32"].update(file=name))
    with pytest.raises(BundleError, match="not a plain file name"):
        Bundle.open(folder)


def test_a_link_that_leads_out_is_refused(folder: Path, tmp_path: Path) -> None:
    path = folder / "means.fp32.onnx"
    path.rename(tmp_path / "outside.onnx")
    path.symlink_to(tmp_path / "outside.onnx")
    with pytest.raises(BundleError, match="leads out of the bundle"):
        Bundle.open(folder)


def _twice(content: Content) -> None:
    content["models"].append(content["models"][0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content["models"][0].pop("provenance"), "provenance"),
        (lambda content: content["models"][0].update(colour="BGR"), "colour"),
        (lambda content: content["models"][0]["input"].update(colour="BGR"), "colour"),
        (lambda content: content["models"][0]["input"].update(shape=[1, 3, SIDE, SIDE]), r"not \[1, S, S, 3\]"),
        (lambda content: content["models"][0]["preprocessing"].update(size=SIDE + 1), "makes 9 px"),
        (lambda content: content["models"][0]["preprocessing"].update(framing="frame"), "needs resize"),
        (lambda content: content["models"][0]["preprocessing"].update(resize=9), "neither resize nor crop"),
        (lambda content: content["models"][0].update(role="map"), "role 'map' needs"),
        (lambda content: content["models"][0].update(thresholds={"mop": 0.5}), "mop"),
        (lambda content: content["models"][0].update(files={}), "files"),
        (lambda content: content["models"][0]["files"]["fp32"].update(sha256="0" * 63), "sha256"),
        (_twice, "repeat a name"),
    ],
)
def test_a_manifest_that_contradicts_itself(folder: Path, change: Callable[[Content], None], words: str) -> None:
    rewrite(folder, change)
    with pytest.raises(BundleError, match=words):
        Bundle.open(folder)


def test_opening_needs_neither_onnx_nor_an_engine(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fundusgate.runtime.bundle import Bundle;"
        f"Bundle.open(Path({str(folder)!r}));"
        "print([m for m in ('onnx', 'onnxruntime', 'torch', 'cv2') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_shipped_bundle_lies_in_the_package() -> None:
    import fundusgate

    assert shipped_bundle().is_relative_to(Path(str(fundusgate.__file__)).parent)
