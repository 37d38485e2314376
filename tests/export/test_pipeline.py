from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
import typer
from safetensors.torch import save_file
from typer.testing import CliRunner

from fundusgate.commands.export import export
from fundusgate.commands.inspect import inspect
from fundusgate.export import saving
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.parity import check_inputs
from fundusgate.export.pipeline import ExportRequest, describe, export_bundle
from fundusgate.export.saving import save_graph
from fundusgate.export.specs import ExportError
from fundusgate.models import build
from fundusgate.models.weights import WeightsCard, WeightsError, read_card
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.bundle import Bundle, file_sha256
from fundusgate.runtime.manifest import Framing, Precision, Role
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from tests.export.networks import SIZE, TinyMap, tiny_spec

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.manifest import ModelManifest

CARD = WeightsCard("tiny.pth", "0" * 64, "3", None, "nothing", "Apache-2.0", "", None, {})

app = typer.Typer()
app.command()(export)
app.command()(inspect)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "edge.safetensors"
    said = {
        "version": "0.3",
        "framing": "disc",
        "data": "phantoms",
        "licence": "Apache-2.0",
        "preprocessing": str(PREPROCESSING_VERSION),
    }
    said |= {"threshold.map": "0.4", "threshold.retina": "0.6"}
    state = build("efiqa-cp-edge").state_dict()
    halved = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    save_file(halved, path, metadata=said)
    return path


@pytest.fixture(scope="module")
def bundle(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "bundle"
    result = CliRunner().invoke(app, ["export", "--out", str(out), "--model", f"efiqa-cp-edge={checkpoint}"])
    assert result.exit_code == 0, result.output
    return out


def test_the_command_writes_what_the_runtime_opens(bundle: Path, checkpoint: Path) -> None:
    opened = Bundle.open(bundle)
    model = opened.first(Role.MAP)
    assert model is not None
    assert (model.version, model.provenance.data, model.provenance.licence) == ("0.3", "phantoms", "Apache-2.0")
    assert model.provenance.checkpoint_sha256 == file_sha256(checkpoint)
    assert model.preprocessing.framing is Framing.DISC
    assert model.thresholds == {"map": 0.4, "retina": 0.6}
    assert opened.extra_files == ()
    with OnnxRuntimeBackend(opened.graph_path("efiqa-cp-edge", Precision.FP32), threads=1) as backend:
        assert backend.signature.size == model.input.shape[1]
        outputs = backend.infer(check_inputs(backend.signature.size)[3])
    assert {name: output.shape for name, output in outputs.items()} == {o.name: o.shape for o in model.outputs}
    assert all(0 <= output.min() <= output.max() <= 1 for output in outputs.values())


def test_without_the_workstation_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; import typer; from fundusgate.commands.export import export;"
        f"sys.argv[1:] = ['--out', {str(tmp_path / 'bundle')!r}]; typer.run(export)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "torch is not installed; pip install 'fundusgate[export]'" in run.stderr


def test_inspect_prints_it(bundle: Path) -> None:
    table = CliRunner().invoke(app, ["inspect", str(bundle)], env={"COLUMNS": "200"})
    assert table.exit_code == 0
    for words in ("efiqa-cp-edge.fp32.onnx", "the framed disc", "high is bad", "[1, 512, 512, 3]", "torch fp32"):
        assert words in table.stdout
    printed = CliRunner().invoke(app, ["inspect", str(bundle), "--json"])
    assert json.loads(printed.stdout) == json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))


def test_inspect_refuses_what_is_no_bundle(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(tmp_path)])
    assert result.exit_code == 1
    assert "no manifest.json" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("model", "words"),
    [("fthnet", "no network 'fthnet'"), ("fthnet-s=/absent.pth", "is not there"), ("efiqa", "no weights of efiqa")],
)
def test_a_wrong_model_is_explained_and_nothing_is_written(tmp_path: Path, model: str, words: str) -> None:
    result = CliRunner().invoke(app, ["export", "--out", str(tmp_path / "bundle"), "--model", model])
    assert result.exit_code == 1
    assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_network_on_a_backbone_is_never_exported_on_random_features(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(ExportError, match="--backbone"):
        ExportRequest.parse(f"efiqa-cp={checkpoint}")
    request = ExportRequest.parse(f"efiqa-cp={checkpoint}", tmp_path)
    with pytest.raises(ValueError, match=r"config\.json"):
        export_bundle([request], tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_the_size_of_the_photograph_stands_before_the_checkpoint(tmp_path: Path, checkpoint: Path) -> None:
    request = ExportRequest.parse(f"efiqa-cp@512={checkpoint}", tmp_path)
    assert (request.name, request.size, request.checkpoint) == ("efiqa-cp", 512, checkpoint)
    odd = tmp_path / "context@2.safetensors"
    odd.write_bytes(b"")
    assert ExportRequest.parse(f"efiqa-cp={odd}", tmp_path).size is None
    for written, words in (("efiqa-cp@large", "side of the input in pixels"), ("fthnet-s@512", "no other size")):
        with pytest.raises(ExportError, match=words):
            ExportRequest.parse(f"{written}={checkpoint}", tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(ValueError, match="missing"):
        export_bundle([ExportRequest("fthnet-s", checkpoint)], tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_name_stands_once_in_a_bundle(tmp_path: Path, checkpoint: Path) -> None:
    request = ExportRequest("efiqa-cp-edge", checkpoint)
    with pytest.raises(ExportError, match="each name once"):
        export_bundle([request, request], tmp_path / "bundle")


def test_many_weights_lie_in_a_file_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "EXTERNAL_FROM_BYTES", 0)
    network = TinyMap().eval()
    path = tmp_path / "tiny.fp32.onnx"
    model = to_onnx(tiny_spec(), network)
    before = [tensor.raw_data for tensor in model.graph.initializer]
    entry = save_graph(model, path)
    assert [tensor.raw_data for tensor in model.graph.initializer] == before
    assert [item.file for item in entry.external_data] == ["tiny.fp32.onnx.data"]
    assert entry.external_data[0].sha256 == file_sha256(tmp_path / "tiny.fp32.onnx.data")
    manifest: ModelManifest = describe(tiny_spec(), network, CARD, entry, path)
    assert manifest.parity[Precision.FP32].max_abs_difference["map"] < 1e-5
    assert manifest.input.shape == (1, SIZE, SIZE, 3)


def test_a_card_tells_what_the_file_says(checkpoint: Path, tmp_path: Path) -> None:
    card = read_card(checkpoint)
    assert (card.version, card.framing, card.checkpoint) == ("0.3", "disc", "edge.safetensors")
    torch.save({"params": {}}, tmp_path / "net_g.pth")
    silent = read_card(tmp_path / "net_g.pth")
    assert (silent.framing, silent.version) == (None, silent.sha256[:12])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"framing": "oval"}, "disc or frame"),
        ({"framing": "frame"}, "maps the framed disc"),
        ({"preprocessing": str(PREPROCESSING_VERSION + 1)}, "trained behind pre-processing"),
        ({"preprocessing": "new"}, "not a number"),
        ({"threshold.map": "low"}, "not a number"),
        ({"threshold.score": "0.5"}, "thresholds for"),
    ],
)
def test_a_card_that_cannot_be_true_stops_the_export(tmp_path: Path, said: dict[str, str], words: str) -> None:
    network = TinyMap().eval()
    path = tmp_path / "tiny.fp32.onnx"
    entry = save_graph(to_onnx(tiny_spec(), network), path)
    save_file(network.state_dict(), tmp_path / "tiny.safetensors", metadata=said)
    with pytest.raises(ValueError, match=words):
        describe(tiny_spec(), network, read_card(tmp_path / "tiny.safetensors"), entry, path)


def test_shipped_weights_that_are_not_there_are_named() -> None:
    with pytest.raises(WeightsError, match="efiqa-cp are installed"):
        ExportRequest.parse("efiqa-cp")
