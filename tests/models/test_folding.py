from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from random_weights import randomise

from fundusgate.models import build
from fundusgate.models.folding import fold_for_export

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["fthnet-s", "fthnet-l"])
def test_folded_network_scores_the_same_and_leaves_the_source_alone(name: str) -> None:
    network = build(name)
    randomise(network, seed=1)
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    image = torch.randn(1, 3, 384, 384, generator=torch.Generator().manual_seed(2))
    folded = fold_for_export(network)
    with torch.no_grad():
        torch.testing.assert_close(folded(image), network(image), atol=2e-5, rtol=0)
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "error::torch.jit.TracerWarning")
def test_exported_graph_scores_the_same_and_is_free_of_shape_arithmetic(tmp_path: Path) -> None:
    network = build("fthnet-s")
    randomise(network, seed=4)
    image = torch.randn(1, 3, 384, 384, generator=torch.Generator().manual_seed(5))
    path = tmp_path / "fthnet-s.onnx"
    torch.onnx.export(
        fold_for_export(network), (image,), str(path), opset_version=17, dynamo=False,
        input_names=["image"], output_names=["score"],
    )  # fmt: skip
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {"image": image.numpy()})[0]
    with torch.no_grad():
        np.testing.assert_allclose(got, network(image).numpy(), atol=1e-4)
    kinds = Counter(node.op_type for node in onnx.load(path).graph.node)
    assert not kinds.keys() & {"Shape", "Gather", "GatherND", "Slice", "ScatterND", "Where"}
    assert kinds["Reshape"] <= 82
    assert kinds["Transpose"] <= 50
