from __future__ import annotations

import collections
import functools
import pickle
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from random_weights import randomise
from safetensors.torch import save_file

from fundusgate.models import CheckpointError, build, load_checkpoint, read_state_dict
from fundusgate.models.checkpoints import without_constants

State = dict[str, torch.Tensor]
INDEX = "bbone.layers.0.blocks.0.attn.relative_position_index"
MASK = "bbone.layers.0.blocks.1.attn_mask"


@functools.cache
def source() -> torch.nn.Module:
    network = build("fthnet-s")
    randomise(network, seed=21)
    return network


@pytest.fixture
def state() -> State:
    return {name: tensor.clone() for name, tensor in source().state_dict().items()}


def saved(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "net_g.pth"
    torch.save(content, path)
    return path


def assert_is_source(path: Path) -> None:
    loaded = build("fthnet-s", checkpoint=path).state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in source().state_dict().items())


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        build("fthnet-s", checkpoint=path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("key", ["params", "params_ema", "state_dict", None])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_every_published_wrapping_is_read(tmp_path: Path, state: State, key: str | None, prefix: str) -> None:
    named = collections.OrderedDict((prefix + name, tensor) for name, tensor in state.items())
    assert_is_source(saved(tmp_path, named if key is None else {key: named, "iter": 226264}))


def test_params_come_before_their_average(tmp_path: Path, state: State) -> None:
    averaged = {name: tensor + 1 for name, tensor in state.items()}
    assert_is_source(saved(tmp_path, {"params_ema": averaged, "params": state}))


def test_safetensors_are_read(tmp_path: Path, state: State) -> None:
    save_file({f"module.{name}": tensor for name, tensor in state.items()}, tmp_path / "weights.safetensors")
    assert_is_source(tmp_path / "weights.safetensors")


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_single(tmp_path: Path, state: State, precision: torch.dtype) -> None:
    stored = {name: t.to(precision) if t.is_floating_point() else t for name, t in state.items()}
    loaded = build("fthnet-s", checkpoint=saved(tmp_path, stored)).state_dict()
    assert {t.dtype for t in loaded.values()} == {torch.float32, torch.int64}
    assert all(torch.equal(loaded[name], tensor.to(loaded[name].dtype)) for name, tensor in stored.items())


def test_another_variant_is_refused_with_the_names_and_how_many(tmp_path: Path) -> None:
    said = refusal(saved(tmp_path, build("fthnet-l").state_dict()))
    assert "29 missing (bbone.layers.1.blocks.2." in said
    assert "and 21 more" in said
    assert "bbone.patch_embed.proj.weight (64, 3, 4, 4) instead of (32, 3, 4, 4)" in said
    assert len(said) < 3000


def test_missing_unexpected_and_misshaped_are_each_named(tmp_path: Path, state: State) -> None:
    del state["bbone.norm.bias"]
    state["bbone.head.weight"] = torch.zeros(3)
    state["conv1x1.0.0.bias"] = torch.zeros(383)
    said = refusal(saved(tmp_path, {"params": state}))
    assert "1 missing (bbone.norm.bias)" in said
    assert "1 unexpected (bbone.head.weight)" in said
    assert "1 of another shape or kind (conv1x1.0.0.bias (383,) instead of (384,))" in said


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused_by_name(tmp_path: Path, state: State, bad: float) -> None:
    state["weight_conv.2.bias"][5] = bad
    said = refusal(saved(tmp_path, state))
    assert "1 not finite (NaN or infinity) (weight_conv.2.bias)" in said


def test_double_precision_that_overflows_single_is_refused(tmp_path: Path, state: State) -> None:
    state["bbone.norm.bias"] = state["bbone.norm.bias"].double() + 1e300
    assert "bbone.norm.bias" in refusal(saved(tmp_path, state))


@pytest.mark.parametrize("name", [INDEX, MASK])
def test_buffers_of_another_architecture_are_refused(tmp_path: Path, state: State, name: str) -> None:
    state[name][0, -1] += 1
    said = refusal(saved(tmp_path, state))
    assert f"1 different from what the architecture fixes ({name})" in said


def without_constants_on_disk(folder: Path, state: State, metadata: dict[str, str] | None = None) -> Path:
    kept, said = without_constants(state)
    path = folder / "weights.safetensors"
    save_file(kept, path, metadata=said if metadata is None else metadata)
    return path


def test_a_file_that_says_so_may_leave_out_what_the_architecture_fixes(tmp_path: Path, state: State) -> None:
    path = without_constants_on_disk(tmp_path, state)
    assert len(read_state_dict(path)) == len(state) - 14 - 6
    assert_is_source(path)


def test_any_other_file_must_hold_it(tmp_path: Path, state: State) -> None:
    assert "20 missing (" in refusal(without_constants_on_disk(tmp_path, state, {"left_out": "attn_mask"}))
    assert "20 missing (" in refusal(without_constants_on_disk(tmp_path, state, {}))
    assert "20 missing (" in refusal(saved(tmp_path, without_constants(state)[0]))


def test_a_file_that_leaves_it_out_must_hold_the_rest_and_nothing_wrong(tmp_path: Path, state: State) -> None:
    kept, said = without_constants(state)
    del kept["bbone.norm.bias"]
    kept[MASK] = state[MASK] + 1
    save_file(kept, tmp_path / "weights.safetensors", metadata=said)
    assert "1 missing (bbone.norm.bias)" in refusal(tmp_path / "weights.safetensors")
    save_file(kept | {"bbone.norm.bias": state["bbone.norm.bias"]}, tmp_path / "weights.safetensors", metadata=said)
    assert "1 different from what the architecture fixes" in refusal(tmp_path / "weights.safetensors")


def test_kinds_are_compared(tmp_path: Path, state: State) -> None:
    state[INDEX] = state[INDEX].float()
    state["bbone.norm.bias"] = state["bbone.norm.bias"].to(torch.complex64)
    said = refusal(saved(tmp_path, state))
    assert f"{INDEX} torch.float32 instead of torch.int64" in said
    assert "bbone.norm.bias torch.complex64 instead of torch.float32" in said


def test_a_refused_checkpoint_leaves_the_network_as_it_was(tmp_path: Path, state: State) -> None:
    network = build("fthnet-s")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    state["bias_conv.4.bias"][0] = float("nan")
    with pytest.raises(CheckpointError):
        load_checkpoint(network, saved(tmp_path, state))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


class Payload:
    """Runs code when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_checkpoint_is_refused_and_does_not_run(tmp_path: Path, state: State, legacy: bool) -> None:
    trace, path = tmp_path / "it-ran", tmp_path / "net_g.pth"
    torch.save({"params": state, "extra": Payload(trace)}, path, _use_new_zipfile_serialization=not legacy)
    assert "Python objects beside tensors" in refusal(path)
    assert not trace.exists()


def test_code_in_a_bare_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "it-ran", tmp_path / "net_g.pth"
    path.write_bytes(pickle.dumps(Payload(trace)))
    refusal(path)
    assert not trace.exists()


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_files_cut_short_are_refused(tmp_path: Path, state: State, kind: str, share: float) -> None:
    path = tmp_path / ("weights.safetensors" if kind == "safetensors" else "net_g.pth")
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save({"params": state}, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "again" in refusal(path)


def test_files_with_changed_bytes_are_read_or_refused_but_never_crash(tmp_path: Path) -> None:
    path, random = tmp_path / "net_g.pth", Random(0)
    refused = 0
    for legacy in (False, True):
        torch.save({"params": {f"layer.{i}": torch.ones(4, 3) for i in range(5)}}, path,
                   _use_new_zipfile_serialization=not legacy)  # fmt: skip
        whole = path.read_bytes()
        for _ in range(300):
            changed = bytearray(whole)
            for _ in range(random.choice((1, 3, 20))):
                changed[random.randrange(min(len(whole), 1200))] = random.randrange(256)
            path.write_bytes(changed)
            try:
                read_state_dict(path)
            except CheckpointError:
                refused += 1
    assert 100 < refused < 600


@pytest.mark.parametrize(
    "content", [b"<html>404</html>", b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04"]
)
@pytest.mark.parametrize("name", ["net_g.pth", "weights.safetensors"])
def test_files_of_another_kind_are_refused(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert "again" in refusal(tmp_path / name)


@pytest.mark.parametrize("content", [[1, 2], {}, torch.zeros(3), {"params": {}}, {"params": None, "epoch": 3}])
def test_contents_that_are_no_state_dict_are_refused(tmp_path: Path, content: object) -> None:
    refusal(saved(tmp_path, content))


def test_sparse_tensors_are_refused_by_name(tmp_path: Path, state: State) -> None:
    state["bbone.norm.bias"] = state["bbone.norm.bias"].to_sparse()
    assert "1 not plain tensors (bbone.norm.bias)" in refusal(saved(tmp_path, state))


def test_a_name_both_with_and_without_prefix_is_refused(tmp_path: Path, state: State) -> None:
    state["module.bbone.norm.bias"] = state["bbone.norm.bias"]
    assert "both with and without" in refusal(saved(tmp_path, state))


@pytest.mark.parametrize("name", ["nowhere.pth", "nowhere.safetensors"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    assert "no such file" in refusal(tmp_path / name)


def test_a_folder_and_an_unknown_ending_are_refused(tmp_path: Path) -> None:
    refusal(tmp_path)
    (tmp_path / "weights.onnx").write_bytes(b"x")
    assert ".safetensors" in refusal(tmp_path / "weights.onnx")


def test_reading_alone_keeps_the_precision_of_the_file(tmp_path: Path) -> None:
    read = read_state_dict(saved(tmp_path, {"params": {"module.model.weight": torch.ones(1, 4).half()}}))
    assert list(read) == ["model.weight"]
    assert read["model.weight"].dtype == torch.float16


def test_batch_statistics_are_weights_and_load(tmp_path: Path) -> None:
    network = build("efiqa-cp-edge")
    trained = {name: t + 1 if t.is_floating_point() else t + 7 for name, t in network.state_dict().items()}
    save_file(trained, tmp_path / "edge.safetensors")
    loaded = build("efiqa-cp-edge", checkpoint=tmp_path / "edge.safetensors").state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in trained.items())
