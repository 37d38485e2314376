"""A bundle to engines on a played device: every release of TensorRT, ONNX Runtime for its kernels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fundusgate.export.engines.compilation import CompiledNetwork, compile_network
from fundusgate.export.engines.trial import Toolchain, Wishes
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.cache import Slot
from fundusgate.runtime.engines.record import EngineRecord
from tests.commands.bundles import SCORE
from tests.export.engines.bundles import COARSER, write_deployable
from tests.runtime.engines.machines import ORIN_NANO
from tests.runtime.engines.surfaces import VERSIONS, release

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.bundle import Bundle
    from tests.runtime.engines.fake_cuda import FakeCuda


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return write_deployable(tmp_path / "bundle", COARSER)


def tools(cuda: FakeCuda, version: str = "10.3.0") -> Toolchain:
    return Toolchain(release(version, cuda), ORIN_NANO)


def compiled(bundle: Bundle, toolchain: Toolchain, wishes: Wishes, network: str = "red-light") -> CompiledNetwork:
    return compile_network(bundle, bundle.model(network), toolchain, wishes, lambda _step: None)


@pytest.mark.parametrize("version", VERSIONS)
def test_engines_are_built_timed_compared_and_kept(
    version: str, bundle: Bundle, cuda: FakeCuda, tmp_path: Path
) -> None:
    outcome = compiled(bundle, tools(cuda, version), Wishes(tmp_path / "cache"))
    assert outcome.failed == {}
    assert cuda.pushed == 0
    by_name = {record.candidate: record for record in outcome.records}
    wrong = "typed-int8" if version.startswith("11") else "int8-fp16"
    assert by_name[wrong].parity.beyond == ("score differs by 10.00 points, 2 allowed",)
    kept = outcome.choice.kept
    assert kept is not None
    assert kept.candidate != wrong
    assert kept.timings.median == min(record.timings.median for record in outcome.records if record.passes)
    for name, record in by_name.items():
        assert outcome.slot.plan(name).stat().st_size == record.plan_bytes
        written = EngineRecord.model_validate_json(outcome.slot.record(name).read_text(encoding="utf-8"))
        assert written == record
        assert record.built_on.board == ORIN_NANO.board
        assert record.workspace_bytes == 2**30
    choice = json.loads(outcome.slot.choice.read_text(encoding="utf-8"))
    assert (choice["kept"], len(choice["engines"])) == (kept.candidate, len(by_name))
    assert wrong in choice["reason"]


def test_engines_that_fit_are_not_built_again(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    wishes = Wishes(tmp_path / "cache")
    first = compiled(bundle, tools(cuda), wishes)
    second = compiled(bundle, tools(cuda), wishes)
    assert second.reused == ("fp16", "int8-fp16", "typed-int8-fp16", "typed-fp16")
    assert second.records == first.records
    assert compiled(bundle, tools(cuda), replace(wishes, rebuild=True)).reused == ()


def test_a_changed_plan_is_refused_before_it_is_loaded(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    wishes = Wishes(tmp_path / "cache")
    plan = compiled(bundle, tools(cuda), wishes).slot.plan("fp16")
    content = bytearray(plan.read_bytes())
    content[-1] ^= 1
    plan.write_bytes(content)
    with pytest.raises(EngineError, match="damaged or was exchanged; compile with --rebuild"):
        compiled(bundle, tools(cuda), wishes)
    assert compiled(bundle, tools(cuda), replace(wishes, rebuild=True)).failed == {}


def test_a_plan_without_its_json_is_built_again(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    wishes = Wishes(tmp_path / "cache")
    compiled(bundle, tools(cuda), wishes).slot.record("fp16").unlink()
    assert compiled(bundle, tools(cuda), wishes).reused == ("int8-fp16", "typed-int8-fp16", "typed-fp16")


def test_a_damaged_json_is_named(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    wishes = Wishes(tmp_path / "cache")
    compiled(bundle, tools(cuda), wishes).slot.record("fp16").write_text("{", encoding="utf-8")
    with pytest.raises(EngineError, match=r"fp16.json is damaged or from another version"):
        compiled(bundle, tools(cuda), wishes)


def test_another_release_or_network_has_its_own_folder(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    model = bundle.model("red-light")
    here = tools(cuda).here
    slot = Slot.of(tmp_path, model, here)
    assert slot != Slot.of(tmp_path, model, tools(cuda, "10.7.0").here)
    assert slot != Slot.of(tmp_path, bundle.model("dark-cells"), here)
    other = write_deployable(tmp_path / "other", SCORE)
    assert slot != Slot.of(tmp_path, other.model("red-light"), here)
    assert slot.timing_cache == Slot.of(tmp_path, bundle.model("dark-cells"), here).timing_cache


def test_the_timing_cache_goes_from_build_to_build(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    wishes = Wishes(tmp_path / "cache")
    slot = compiled(bundle, tools(cuda), wishes).slot
    assert slot.timing_cache.read_bytes() == b"++++"
    compiled(bundle, tools(cuda), wishes, "dark-cells")
    assert slot.timing_cache.read_bytes() == b"++++++++"


def test_what_cannot_be_built_leaves_the_others(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    toolchain = Toolchain(release("10.3.0", cuda, dla_cores=0), ORIN_NANO)
    outcome = compiled(bundle, toolchain, Wishes(tmp_path / "cache", dla=True))
    assert "no deep-learning accelerator" in outcome.failed["fp16-dla"]
    assert outcome.choice.kept is not None


def test_too_little_memory_builds_nothing(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    toolchain = replace(tools(cuda), machine=replace(ORIN_NANO, available=2**29))
    outcome = compiled(bundle, toolchain, Wishes(tmp_path / "cache"))
    assert outcome.choice.kept is None
    assert "512 MiB of memory are free" in outcome.failed["fp16"]
    assert "512 MiB of memory are free" in outcome.choice.reason


def test_maps_are_compared_too(bundle: Bundle, cuda: FakeCuda, tmp_path: Path) -> None:
    outcome = compiled(bundle, tools(cuda), Wishes(tmp_path / "cache"), "dark-cells")
    assert set(outcome.records[0].parity.mean_abs_difference) == {"map", "retina"}
    assert all(record.parity.mean_abs_difference["map"] == 0 for record in outcome.records)
