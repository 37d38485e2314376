from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.parser
import pytest
from PIL import Image

from fundusgate.calibration import cache as cache_module
from fundusgate.calibration.cache import cache_key, calibrated_ranges
from fundusgate.calibration.manifest import CalibrationError
from fundusgate.calibration.photographs import photographs_of
from fundusgate.calibration.ranges import Method, RangeCollector
from fundusgate.calibration.selection import make_manifest
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.manifest import Framing, Preprocessing
from fundusgate.runtime.prepared import network_input
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.calibration.manifest import CalibrationManifest

SIDE = 24
HOW = Preprocessing(version=PREPROCESSING_VERSION, framing=Framing.FRAME, size=SIDE, resize=SIDE, crop=SIDE)

MODEL = onnx.shape_inference.infer_shapes(
    onnx.parser.parse_model(f"""<ir_version: 8, opset_import: ["" : 17]>
signed (uint8[1,{SIDE},{SIDE},3] image) => (float[1,{SIDE},{SIDE},3] out)
<float middle = {{128.0}}, float nothing = {{0.0}}> {{
    pixels = Cast<to = 1>(image)
    centred = Sub(pixels, middle)
    dead = Mul(centred, nothing)
    out = Add(centred, dead)
}}""")
)
TENSORS = ("centred", "dead")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> CalibrationManifest:
    """Dim noise, with one pixel of one photograph far outside it."""
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for number in range(24):
        pixels = random.normal(128, 12, (SIDE, SIDE, 3)).round().clip(0, 255).astype(np.uint8)
        pixels[3, number % SIDE] = 250
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return make_manifest(folder, count=12)[0]


def images(manifest: CalibrationManifest) -> list[np.ndarray]:
    return [network_input(rgb, find_disc(rgb), HOW) for _, rgb in photographs_of(manifest, manifest.calibration)]


def test_minmax_is_the_least_and_the_greatest(manifest: CalibrationManifest, tmp_path: Path) -> None:
    found = calibrated_ranges(MODEL, TENSORS, manifest, HOW, Method.MINMAX, tmp_path)
    pixels = np.stack(images(manifest)).astype(np.float32) - 128
    assert (found["centred"].low, found["centred"].high) == (pixels.min(), pixels.max())
    assert (found["dead"].low, found["dead"].high) == (0, 0)
    assert set(found) == set(TENSORS)


@pytest.mark.parametrize("method", [Method.PERCENTILE, Method.ENTROPY])
def test_rare_values_are_left_out(manifest: CalibrationManifest, tmp_path: Path, method: Method, monkeypatch) -> None:  # noqa: ANN001
    from fundusgate.calibration import ranges

    monkeypatch.setattr(ranges, "PERCENTILE", 99.0)
    found = calibrated_ranges(MODEL, TENSORS, manifest, HOW, method, tmp_path)
    pixels = np.stack(images(manifest)).astype(np.float32) - 128
    assert pixels.max() == 122
    assert found["centred"].high < 100
    assert abs(found["centred"].low) > 20
    assert abs(found["dead"].high) <= 0.5


@pytest.mark.parametrize("method", list(Method))
def test_a_calibration_that_was_cut_off_goes_on_where_it_stopped(
    manifest: CalibrationManifest, tmp_path: Path, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "SAVE_EVERY", 4)
    whole = calibrated_ranges(MODEL, TENSORS, manifest, HOW, method, tmp_path / "whole")
    added = []
    add = RangeCollector.add

    def stops_at_seven(self: RangeCollector, image: np.ndarray) -> None:
        if len(added) == 7:
            raise KeyboardInterrupt
        added.append(image)
        add(self, image)

    with monkeypatch.context() as patched:
        patched.setattr(RangeCollector, "add", stops_at_seven)
        with pytest.raises(KeyboardInterrupt):
            calibrated_ranges(MODEL, TENSORS, manifest, HOW, method, tmp_path / "cut")
    seen = []
    resumed = calibrated_ranges(
        MODEL, TENSORS, manifest, HOW, method, tmp_path / "cut", lambda done, _: seen.append(done)
    )
    assert seen == [4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert resumed == whole
    assert [path.suffix for path in (tmp_path / "cut").iterdir()] == [".json"]


def test_known_ranges_open_no_photograph(
    manifest: CalibrationManifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = calibrated_ranges(MODEL, TENSORS, manifest, HOW, Method.MINMAX, tmp_path)
    monkeypatch.setattr(cache_module, "photographs_of", None)
    assert calibrated_ranges(MODEL, TENSORS, manifest, HOW, Method.MINMAX, tmp_path) == first


def test_whatever_decides_a_range_changes_the_key(manifest: CalibrationManifest) -> None:
    fewer = manifest.model_copy(update={"calibration": manifest.calibration[:-1]})
    elsewhere = manifest.model_copy(update={"folder": "/elsewhere"})
    other_graph = onnx.ModelProto()
    other_graph.CopyFrom(MODEL)
    other_graph.graph.initializer[0].raw_data = np.float32(120).tobytes()
    other_size = HOW.model_copy(update={"resize": SIDE + 1})
    key = cache_key(MODEL, manifest, HOW, Method.MINMAX, TENSORS)
    assert cache_key(MODEL, elsewhere, HOW, Method.MINMAX, TENSORS[::-1]) == key
    others = {
        cache_key(other_graph, manifest, HOW, Method.MINMAX, TENSORS),
        cache_key(MODEL, fewer, HOW, Method.MINMAX, TENSORS),
        cache_key(MODEL, manifest, other_size, Method.MINMAX, TENSORS),
        cache_key(MODEL, manifest, HOW, Method.ENTROPY, TENSORS),
        cache_key(MODEL, manifest, HOW, Method.MINMAX, TENSORS[:1]),
    }
    assert len(others | {key}) == 6


def test_values_that_are_not_finite_stop_the_calibration(manifest: CalibrationManifest, tmp_path: Path) -> None:
    model = onnx.shape_inference.infer_shapes(
        onnx.parser.parse_model(f"""<ir_version: 8, opset_import: ["" : 17]>
    broken (uint8[1,{SIDE},{SIDE},3] image) => (float[1,{SIDE},{SIDE},3] out)
    <float nothing = {{0.0}}> {{
        pixels = Cast<to = 1>(image)
        infinite = Div(pixels, nothing)
        out = Neg(infinite)
    }}""")
    )
    with pytest.raises(CalibrationError, match=r"infinite.*is no range"):
        calibrated_ranges(model, ["infinite"], manifest, HOW, Method.MINMAX, tmp_path)


def test_memory_stays_that_of_one_photograph(manifest: CalibrationManifest) -> None:
    with RangeCollector(MODEL, TENSORS, Method.PERCENTILE) as collector:
        sizes = []
        for image in images(manifest):
            collector.add(image)
            sizes.append(sum(part.nbytes for parts in collector.state().values() for part in parts))
        assert collector._calibrator.intermediate_outputs == []
    assert max(sizes) < 20 * sizes[0]
