from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

from benchmarks.peer.coverage import coverage, objections
from benchmarks.peer.crossed import left_in_float, with_nearest_weights, with_scales_of
from benchmarks.peer.nodes import activation_scales
from benchmarks.peer.results import Made
from benchmarks.peer.variants import By, Files, Variant, all_variants, chosen, make
from fundusgate.export.readiness import audit
from fundusgate.export.readiness.graph import GraphView
from tests.export.residual import pictures, residual_graph, run

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = Variant("ours", By.FUNDUSGATE, {"precision": "int8-trt", "method": "minmax"})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A network's graph and photographs, and "ours": its int8-trt graph, made by the worker."""
    folder = tmp_path_factory.mktemp("peer")
    onnx.save(residual_graph(), folder / "graph.onnx")
    np.save(folder / "pixels.npy", np.concatenate(pictures()))
    graph_of: Callable[[str], Path] = lambda name: folder / f"{name}.onnx"  # noqa: E731
    found = Files(Path(sys.executable), folder / "graph.onnx", folder / "pixels.npy", graph_of)
    made = make(OURS, found)
    assert isinstance(made, Made), made
    assert made.seconds > 0
    assert made.peak_mib >= made.before_mib > 10
    return found


def test_every_variant_has_a_name_of_its_own() -> None:
    names = [variant.name for variant in all_variants(["percentile", "minmax"], why=True)]
    assert len(set(names)) == len(names)


def test_the_graph_for_processors_is_not_held_against_tensorrt() -> None:
    apart = [variant for variant in all_variants(["percentile"], why=True) if not variant.for_tensorrt]
    assert [variant.settings["precision"] for variant in apart] == ["int8-cpu"]


def test_variants_are_chosen_by_a_word_of_their_name() -> None:
    variants = all_variants(["percentile"], why=False)
    assert chosen(variants, []) == variants
    assert [item.by for item in chosen(variants, ["MAX"])] == [By.MODELOPT]
    with pytest.raises(ValueError, match=r"no variant is called 'openvino'.*ModelOpt max"):
        chosen(variants, ["openvino"])


def test_a_quantizer_that_fails_says_why(files: Files) -> None:
    told = make(Variant("bad", By.FUNDUSGATE, {"precision": "int8-trt", "method": "nothing"}), files)
    assert told == "ValueError: 'nothing' is not a valid Method"
    assert not files.graph_of("bad").exists()


def test_a_run_that_was_cut_off_goes_on_with_the_graphs_that_it_made(files: Files) -> None:
    again = replace(OURS, name="again")
    first = make(again, files)
    written = files.graph_of("again").stat().st_mtime_ns
    assert make(again, files) == first
    assert files.graph_of("again").stat().st_mtime_ns == written
    other = replace(again, settings={**again.settings, "method": "percentile"})
    assert make(other, files) != first
    assert files.graph_of("again").stat().st_mtime_ns > written


def test_a_crossed_graph_needs_the_one_that_it_starts_from(files: Files) -> None:
    told = make(Variant("crossed", By.CROSSED, {"scales": "never made"}), files)
    assert isinstance(told, str)
    assert "never made.onnx is not there" in told


def test_scales_are_taken_from_the_other_graph(files: Files) -> None:
    peer = onnx.load(files.graph_of("ours"))
    before = activation_scales(GraphView(peer))
    for item in peer.graph.initializer:
        array = onnx.numpy_helper.to_array(item)
        if array.dtype == np.float32 and array.ndim == 0:
            item.CopyFrom(onnx.numpy_helper.from_array(np.asarray(array * 3), item.name))
    onnx.save(peer, files.graph_of("wider"))
    made = with_scales_of(files.graph, files.graph_of("wider"))
    assert activation_scales(GraphView(made)) == pytest.approx({name: 3 * scale for name, scale in before.items()})


def test_a_tensor_without_a_scale_is_named(files: Files) -> None:
    told = make(Variant("from fp32", By.CROSSED, {"scales": "graph"}), files)
    assert isinstance(told, str)
    assert "graph.onnx holds no scale of" in told
    assert "such as /" in told


def test_weights_to_the_nearest_differ_by_one_code_at_most_and_keep_everything_else(files: Files) -> None:
    nearest, moved = with_nearest_weights(files.graph_of("ours"), files.graph)
    assert moved > 0
    ours, graph = GraphView.read(files.graph_of("ours")), GraphView.read(files.graph)
    view = GraphView(nearest)
    assert activation_scales(view) == activation_scales(ours)
    checked = []
    for node, plain in zip(view.heavy(), graph.heavy(), strict=True):
        pair = view.dequantized_by(node.input[1])
        if pair is None:
            continue
        scale, axis = view.quantization(pair).scale, view.quantization(pair).axis
        held, exact = view.value(view.producer(pair.input[0]).input[0]), graph.value(plain.input[1])
        shape = [1] * exact.ndim
        shape[axis] = -1
        steps = scale.reshape(shape)
        if held.shape == exact.shape and (np.abs(held - exact) <= 0.5001 * steps).all():
            checked.append(node.name)
    assert {"/first/Conv", "/second/Conv", "/dense/MatMul"} <= set(checked)
    assert np.isfinite(run(nearest, pictures(1)[0])[0]).all()


def test_layers_left_in_float_are_those_of_the_rules(files: Files) -> None:
    assert "/head/MatMul" in left_in_float(files.graph)
    assert "/first/Conv" not in left_in_float(files.graph)


@pytest.mark.skipif(not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64")
def test_coverage_counts_what_the_builder_multiplies_in_int8(files: Files) -> None:
    path = files.graph_of("ours")
    told = coverage(path, GraphView.read(path))
    assert told is not None
    assert told.refused == []
    assert 0 < told.int8 == len(told.int8_layers) <= told.quantized < told.products
    assert "/first/Conv" in told.int8_layers


def test_objections_name_each_rule_once(files: Files) -> None:
    view = GraphView.read(files.graph)
    assert objections(view, "6.2") == []
    (opset, *_) = objections(view, "4.6")
    assert opset.startswith("opset (1): opset 17 is newer than 13")
