"""Large constants as expressions of small ones: never another value, and folded by who runs the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from fundusgate.export.compact import compact
from fundusgate.export.expand import expand
from fundusgate.export.quantization.float_weights import with_float_weights
from fundusgate.export.quantization.half import to_half
from fundusgate.export.quantization.targets import TARGETS, tensors_to_calibrate
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.export.readiness.graph import GraphView
from fundusgate.models.swin import relative_position_index, shifted_window_mask
from tests.export.residual import run, seen_ranges
from tests.export.windows import SIZE, windows_graph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def windows() -> onnx.ModelProto:
    return windows_graph()


def added(*constants: NDArray[np.floating], tokens: int = 16) -> onnx.ModelProto:
    """A graph that adds constants to [64, 2, tokens, tokens]."""
    kind = helper.np_dtype_to_tensor_dtype(constants[0].dtype)
    shape = [4, 2, tokens, tokens]
    nodes = [
        helper.make_node("Add", ["x" if not n else f"s{n}", f"c{n}"], [f"s{n + 1}"], f"add{n}")
        for n in range(len(constants))
    ]
    held = [onnx.numpy_helper.from_array(content, f"c{n}") for n, content in enumerate(constants)]
    ends = [helper.make_tensor_value_info(name, kind, shape) for name in ("x", f"s{len(constants)}")]
    graph = helper.make_graph(nodes, "added", ends[:1], ends[1:], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def bias(heads: int = 2, window: int = 4, dtype: type[np.floating] = np.float32) -> NDArray[np.floating]:
    table = np.random.default_rng(1).normal(size=(heads, (2 * window - 1) ** 2)).astype(dtype)
    return table[:, relative_position_index(window).numpy()]


def mask(dtype: type[np.floating] = np.float32) -> NDArray[np.floating]:
    return shifted_window_mask(8, 4, 2).numpy().astype(dtype)[:, None]


def kinds(model: onnx.ModelProto) -> set[str]:
    return {node.op_type for node in model.graph.node}


def bytes_of_constants(model: onnx.ModelProto) -> int:
    return sum(onnx.numpy_helper.to_array(item).nbytes for item in model.graph.initializer)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_position_bias_and_a_mask_are_computed_bit_for_bit(dtype: type[np.floating]) -> None:
    model = added(bias(dtype=dtype), mask(dtype))
    small = compact(model)
    assert bytes_of_constants(small) < bytes_of_constants(model) / 4
    x = np.zeros((4, 2, 16, 16), dtype)
    (wanted,) = ReferenceEvaluator(model).run(None, {"x": x})
    (found,) = ReferenceEvaluator(small).run(None, {"x": x})
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, wanted)
    assert small.opset_import == model.opset_import
    assert [value.name for value in small.graph.output] == [value.name for value in model.graph.output]


def test_what_several_blocks_share_is_written_once() -> None:
    model = added(bias(), mask(), bias(), mask(), bias() + 1)
    small = compact(model)
    made = [node.op_type for node in small.graph.node]
    # Two different tables, one index for all, one mask.
    assert (made.count("Gather"), made.count("Sub"), made.count("Where")) == (2, 1, 1)


def off_by_one_bit() -> NDArray[np.floating]:
    content = bias().copy()
    content[1, 3, 7] = np.nextafter(content[1, 3, 7], np.float32(9))
    return content


def no_relation() -> NDArray[np.floating]:
    """Tokens 0 and 1 belong together, 1 and 2 too, but not 0 and 2."""
    content = mask().copy()
    content[0, 0] = 0
    content[0, 0, 0, 2] = content[0, 0, 2, 0] = -100
    return content


def three_values() -> NDArray[np.floating]:
    content = mask().copy()
    content[-1, 0, 0, 15] = -50
    return content


def signed_zeros() -> NDArray[np.floating]:
    content = bias().copy()
    content[0][np.diag_indices(16)] = 0
    content[0, 5, 5] = -0.0
    return content


@pytest.mark.parametrize(
    "content",
    [
        off_by_one_bit(),
        no_relation(),
        three_values(),
        signed_zeros(),
        np.random.default_rng(0).normal(size=(2, 16, 16)).astype(np.float32),
    ],
    ids=["one bit away", "no relation", "three values", "signed zeros", "noise"],
)
def test_what_is_not_exactly_such_a_constant_stays(content: NDArray[np.floating]) -> None:
    model = added(content)
    assert compact(model) is model


def test_equal_constants_are_stored_once_and_shapes_are_left_to_the_reader() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 16, 16)).astype(np.float32)
    small = compact(added(noise, noise.copy(), noise.astype(np.float32) + 1))
    assert len(small.graph.initializer) == 2
    assert not small.graph.value_info


def test_a_graph_without_windows_is_the_very_same() -> None:
    model = added(np.random.default_rng(0).normal(size=(1, 1, 1, 16)).astype(np.float32))
    assert compact(model) is model
    kernel = added(np.zeros((1, 1, 3, 3), np.float32), tokens=3)
    assert compact(kernel) is kernel


def test_every_form_of_a_network_answers_the_same(windows: onnx.ModelProto) -> None:
    image = np.random.default_rng(2).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    ranges = seen_ranges(windows, tensors_to_calibrate(windows), [image])
    held = bytes_of_constants(windows)
    assert bytes_of_constants(compact(windows)) < held
    for target in TARGETS:
        small = target.make(windows, ranges, ())
        assert {"Gather", "Where"} <= kinds(small), target.precision
        assert compact(small) is small
    np.testing.assert_array_equal(run(compact(windows), image)[0], run(windows, image)[0])
    np.testing.assert_array_equal(run(compact(to_half(windows)), image)[0], run(to_half(windows), image)[0])


def test_onnx_runtime_works_it_out_when_it_opens_the_graph(windows: onnx.ModelProto, tmp_path: Path) -> None:
    counted = []
    for number, model in enumerate((windows, compact(windows))):
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / f"{number}.onnx")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        opened = onnx.load(tmp_path / f"{number}.onnx")
        counted.append(sorted(node.op_type for node in opened.graph.node))
    assert counted[0] == counted[1]


def test_readiness_sees_a_constant(windows: onnx.ModelProto, tmp_path: Path) -> None:
    onnx.save(compact(windows), tmp_path / "small.onnx")
    view = GraphView.read(tmp_path / "small.onnx")
    biases = [name for node in view.nodes if node.op_type == "Add" for name in node.input if view.is_constant(name)]
    made_by = [view.producer(name) for name in biases]
    assert {node.op_type for node in made_by if node is not None} == {"Gather", "Where"}
    kept = {view.type_of(name) for node in view.nodes if node.op_type == "Equal" for name in node.output}
    assert kept == {TensorProto.BOOL}


def test_expanding_gives_the_constants_back(windows: onnx.ModelProto) -> None:
    small = compact(windows)
    large = expand(small)
    assert sorted(node.op_type for node in large.graph.node) == sorted(node.op_type for node in windows.graph.node)
    image = np.random.default_rng(2).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    np.testing.assert_array_equal(run(large, image)[0], run(windows, image)[0])
    assert not GraphView(large).computes_constants
    assert GraphView(small).computes_constants
    assert expand(windows) is windows


def test_expanding_leaves_pairs_and_stored_weights_alone(windows: onnx.ModelProto) -> None:
    image = np.random.default_rng(2).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    small = compact(quantize_for_tensorrt(windows, seen_ranges(windows, tensorrt_tensors(windows), [image])))
    large, wide = expand(small), with_float_weights(expand(small))
    for model, pairs in ((small, 0), (large, 0), (wide, 1)):
        made = {name: node.op_type for node in model.graph.node for name in node.output}
        held = {item.name: item.data_type for item in model.graph.initializer}
        weights = [node for node in model.graph.node if node.op_type == "DequantizeLinear" and node.input[1] in held]
        stored = [node for node in weights if held.get(node.input[0]) == TensorProto.INT8]
        assert bool(stored) != bool(pairs)
        assert {made.get(node.input[0]) for node in weights} == (
            {"QuantizeLinear"} if pairs else {None, "QuantizeLinear"}
        )
        np.testing.assert_array_equal(run(model, image)[0], run(small, image)[0])
    assert with_float_weights(wide) is wide
