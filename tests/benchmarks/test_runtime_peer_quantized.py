"""What NNCF makes is kept by everything that it was made from, and its OpenVINO is the one that runs it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.runtime_peer import quantized
from fundusgate.calibration.manifest import Band, Brightness, CalibrationManifest, PhotographEntry
from fundusgate.runtime.bundle import shipped_bundle

REPOSITORY = Path(__file__).resolve().parents[2]


def pins(path: Path) -> dict[str, str]:
    lines = (line.split(";")[0].strip() for line in path.read_text().splitlines())
    return dict(line.split("==") for line in lines if "==" in line)


def test_nncf_has_the_openvino_that_is_tested() -> None:
    wanted = pins(quantized.REQUIREMENTS)
    assert wanted["openvino"] == pins(REPOSITORY / "constraints.txt")["openvino"]
    assert quantized.nncf_version() == wanted["nncf"]


def manifest(digit: str) -> CalibrationManifest:
    entry = PhotographEntry(
        file="a.jpg",
        sha256=digit * 64,
        source="clinic",
        patient=None,
        band=Band.HIGH,
        band_by="label",
        brightness=Brightness.MIDDLE,
    )
    other = entry.model_copy(update={"file": "b.jpg", "sha256": "f" * 64})
    return CalibrationManifest(seed=0, folder="/photographs", calibration=(entry,), parity=(other,))


def test_another_graph_or_other_photographs_are_quantized_anew(tmp_path: Path) -> None:
    graphs = sorted(shipped_bundle().glob("*.fp32.onnx"))
    paths = {
        quantized.kept_path(tmp_path, graph, manifest(digit), transformer=transformer)
        for graph in graphs
        for digit in "01"
        for transformer in (False, True)
    }
    assert len(paths) == 4 * len(graphs)
    again = quantized.kept_path(tmp_path, graphs[0], manifest("0"), transformer=False)
    assert again in paths
    assert again.name.startswith("efiqa-cp-edge.")
