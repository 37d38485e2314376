from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from typer.testing import CliRunner

from fundusgate.calibration.photographs import photographs_of
from fundusgate.calibration.ranges import Method
from fundusgate.calibration.selection import make_manifest
from fundusgate.cli import app
from fundusgate.export.accuracy.budget import Budget
from fundusgate.export.accuracy.reports import BudgetError
from fundusgate.export.bundle_writer import write_manifest
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.pipeline import Exported, describe
from fundusgate.export.quantize import Quantization
from fundusgate.export.saving import save_graph
from fundusgate.export.specs import ExportError, ExportSpec
from fundusgate.models.weights import WeightsCard
from fundusgate.phantom import render
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.manifest import OutputSpec, Precision, Role
from fundusgate.runtime.prepared import network_input
from tests.export.networks import tiny_spec

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.calibration.manifest import CalibrationManifest

CARD = WeightsCard("tiny.pth", "0" * 64, "3", None, "nothing", "Apache-2.0", "", None, {})


class PlainMap(nn.Sequential):
    """Three convolutions wide enough for INT8 and a head; 16 x 16 cells of 16 pixels."""

    def __init__(self) -> None:
        torch.manual_seed(1)
        super().__init__(
            nn.Conv2d(3, 16, 4, stride=4),
            nn.ReLU(),
            nn.Conv2d(16, 32, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 32, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 1, 1),
        )


SPEC = replace(tiny_spec(cells=16), size=256)
LOOSE = Budget(flips=1, flips_upper=1, score_srcc=0, score_p99=100, map_mean=0.2)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> CalibrationManifest:
    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(8):
        Image.fromarray(render(seed, size=96).rgb).save(folder / f"{seed}.png")
    return make_manifest(folder, count=4)[0]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("fp32")
    network = PlainMap().eval()
    model = to_onnx(SPEC, network)
    path = folder / "tiny.fp32.onnx"
    return Exported(describe(SPEC, network, CARD, save_graph(model, path), path), model)


def quantization(manifest: CalibrationManifest, folder: Path, budget: Budget) -> Quantization:
    return Quantization(manifest, Method.MINMAX, budget, folder / "cache", folder / "report")


def test_every_precision_is_made_measured_and_told(
    manifest: CalibrationManifest, exported: Exported, tmp_path: Path
) -> None:
    save_graph(exported.model, tmp_path / "tiny.fp32.onnx")
    out = tmp_path / "bundle"
    out.mkdir()
    save_graph(exported.model, out / "tiny.fp32.onnx")
    steps: list[str] = []
    (made,) = quantization(manifest, tmp_path, LOOSE).add_to(out, [exported], steps.append)
    write_manifest(out, [made])
    held = Bundle.open(out).manifest.models[0]
    assert set(held.files) == set(Precision)
    assert held.calibration_sha256 == manifest.sha256
    for precision in set(Precision) - {Precision.FP32}:
        parity = held.parity[precision]
        assert parity.reference == "fp32"
        assert parity.images == 4
        assert 0 < parity.max_abs_difference["map"] < 0.2
        assert 0 < parity.figures["mean"] <= parity.figures["p99"]
        assert parity.verdict_flips is not None
    assert held.parity[Precision.FP16_TRT].figures["mean"] < held.parity[Precision.INT8_TRT].figures["mean"]
    shown = CliRunner().invoke(app, ["inspect", str(out)], env={"COLUMNS": "220"})
    assert f"{manifest.sha256[:12]}" in shown.stdout
    assert "of 4, at most" in shown.stdout
    told = json.loads((tmp_path / "report" / "accuracy.json").read_text(encoding="utf-8"))
    assert [target["within_budget"] for target in told["targets"]] == [True, True, True, True]
    assert "int8-cpu: within the budget, 4 photographs" in (tmp_path / "report" / "accuracy.txt").read_text()
    with Image.open(tmp_path / "report" / "accuracy.png") as picture:
        assert min(picture.size) > 300
    assert "tiny: calibrating, 4 of 4 photographs" in steps


class PlainScore(nn.Module):
    """Two convolutions wide enough for INT8, and a dense head on their mean."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 8, stride=8), nn.ReLU(), nn.Conv2d(16, 32, 4, stride=4), nn.ReLU(), nn.Conv2d(32, 16, 1)
        )
        self.head = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x).mean((2, 3))).flatten()
        return out


def test_a_quantized_scores_mean_error_on_the_calibration_photographs_is_taken_out(
    manifest: CalibrationManifest, tmp_path: Path
) -> None:
    output = OutputSpec(name="score", shape=(1,), meaning="mean_opinion_score", polarity="high_is_good", scale=100.0)
    spec = ExportSpec("tiny", Role.SCORE, 256, (output,), lambda network, x: (network(x),))
    network = PlainScore().eval()
    out = tmp_path / "bundle"
    out.mkdir()
    model = to_onnx(spec, network)
    path = out / "tiny.fp32.onnx"
    whole = Exported(describe(spec, network, CARD, save_graph(model, path), path), model)
    (made,) = quantization(manifest, tmp_path, LOOSE).add_to(out, [whole])
    told = json.loads((tmp_path / "report" / "accuracy.json").read_text(encoding="utf-8"))["targets"]
    by_precision = {target["precision"]: target["networks"][0] for target in told}
    assert by_precision["fp16-trt"]["bias_correction"] is None
    assert "without, it would differ by" in (tmp_path / "report" / "accuracy.txt").read_text(encoding="utf-8")
    seen = [
        network_input(rgb, find_disc(rgb), made.preprocessing)
        for _, rgb in photographs_of(manifest, manifest.calibration)
    ]
    answers = {}
    for precision in made.files:
        with OnnxRuntimeBackend(out / made.files[precision].file, 1) as backend:
            answers[precision] = np.array([100 * float(backend.infer(image)["score"][0]) for image in seen])
    for precision in (Precision.INT8_CPU, Precision.INT8_TRT, Precision.INT8_FP16_TRT):
        moved = by_precision[precision.value]["bias_correction"]
        assert made.parity[precision].figures["bias_correction"] == moved
        assert moved != 0
        missing = float((answers[Precision.FP32] - answers[precision]).mean())
        # Half precision holds the bias to 2**-12 of its size.
        assert abs(missing) < 0.05 * abs(moved) + (0.03 if precision is Precision.INT8_FP16_TRT else 1e-4)


def test_layers_that_hurt_are_put_back_and_a_budget_that_cannot_be_met_publishes_nothing(
    manifest: CalibrationManifest, exported: Exported, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    strict = LOOSE.model_copy(update={"map_mean": 0.0})
    with pytest.raises(BudgetError, match="fp16-trt costs more than the budget allows"):
        quantization(manifest, tmp_path, strict).add_to(out, [exported])
    assert list(out.iterdir()) == []
    cpu, trt, half = json.loads((tmp_path / "report" / "accuracy.json").read_text(encoding="utf-8"))["targets"]
    for target in (cpu, trt):
        (network,) = target["networks"]
        assert target["within_budget"]
        assert network["quantized"] == []
        costs = [cost for _, cost in network["ranking"]]
        assert costs == sorted(costs, reverse=True)
        assert costs[0] > 0
        assert {"put back by the accuracy search"} <= set(network["in_float"].values())
    assert not half["within_budget"]
    assert "OVER THE BUDGET" in (tmp_path / "report" / "accuracy.txt").read_text()


def test_layers_put_back_for_one_form_are_put_back_in_the_other_without_looking_again(
    manifest: CalibrationManifest, exported: Exported, tmp_path: Path
) -> None:
    save_graph(exported.model, tmp_path / "tiny.fp32.onnx")
    for folder in ("loose", "tight"):
        (tmp_path / folder).mkdir()
    (made,) = quantization(manifest, tmp_path, LOOSE).add_to(tmp_path / "loose", [exported])
    half, int8 = (made.parity[precision].figures["mean"] for precision in (Precision.FP16_TRT, Precision.INT8_TRT))
    between = LOOSE.model_copy(update={"map_mean": max(2 * half, int8 / 20)})
    assert between.map_mean < int8
    steps: list[str] = []
    quantization(manifest, tmp_path, between).add_to(tmp_path / "tight", [exported], steps.append)
    told = json.loads((tmp_path / "report" / "accuracy.json").read_text(encoding="utf-8"))["targets"]
    put_back = {
        target["precision"]: set(target["networks"][0]["in_float"])
        for target in told
        if target["precision"] in ("int8-trt", "int8-fp16-trt")
    }
    assert len(put_back["int8-trt"]) > 1
    assert put_back["int8-trt"] <= put_back["int8-fp16-trt"]
    assert any("int8-trt, what layer 1 of" in step for step in steps)
    assert not any("int8-fp16-trt, what layer" in step for step in steps)


def test_too_few_photographs_to_prove_the_budget_are_refused_at_once(
    manifest: CalibrationManifest, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="at least 150 prove it"):
        quantization(manifest, tmp_path, Budget.load()).check()
    quantization(manifest, tmp_path, LOOSE).check()
