"""The builder against what each TensorRT release really offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.export.engines.builder import BuildSettings, build_plan
from fundusgate.export.engines.candidates import candidates
from fundusgate.runtime.engines.api import EngineError, TensorRt
from fundusgate.runtime.engines.plan_header import read_header
from fundusgate.runtime.manifest import Precision
from tests.commands.bundles import SCORE
from tests.runtime.engines.surfaces import REFUSES, VERSIONS, attributes, release, said_of
from tests.runtime.graphs import write_graph

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return write_graph(tmp_path / "score.onnx", SCORE)


def members(api: TensorRt, name: str, held: list[int]) -> set[str]:
    """Names of an enumeration's values."""
    return {key for key, value in vars(getattr(api.module, name)).items() if value in held and not key.startswith("_")}


def test_the_releases_differ_where_the_code_asks() -> None:
    """Were this to hold everywhere, asking would be idle; were it to hold nowhere, the data would be wrong."""
    assert "FP16" in attributes("10.13.3.9", "BuilderFlag")
    assert "FP16" not in attributes("11.0.0.114", "BuilderFlag")
    assert "STRONGLY_TYPED" not in attributes("8.6.1", "NetworkDefinitionCreationFlag")
    assert "EXPLICIT_BATCH" not in attributes("11.0.0.114", "NetworkDefinitionCreationFlag")
    assert "node_name" not in attributes("8.6.1", "ParserError")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_candidate_builds(version: str, graph: Path) -> None:
    api = release(version)
    for candidate in candidates(api, tuple(Precision), int8=True, dla=True):
        built = build_plan(api, graph, candidate.settings, b"kernels")
        said = said_of(built.plan)
        flags = members(api, "BuilderFlag", said["flags"])
        assert ("FP16" in flags, "INT8" in flags) == (candidate.settings.fp16, candidate.settings.int8)
        assert ("GPU_FALLBACK" in flags) == (candidate.settings.dla_core is not None)
        kinds = vars(api.module.NetworkDefinitionCreationFlag)
        asked = {name for name in kinds if not name.startswith("_") and said["creation"] >> kinds[name] & 1}
        wanted = {"STRONGLY_TYPED"} if candidate.settings.strong else set()
        assert asked == wanted | ({"EXPLICIT_BATCH"} & set(kinds))
        assert built.timing_cache == b"kernels+"
        header = read_header(built.plan)
        assert (header.writer, header.version[:3]) == ("TensorRT", api.numbers[:3])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_workspace_is_capped(version: str, graph: Path) -> None:
    api = release(version)
    said = said_of(build_plan(api, graph, BuildSettings(workspace=2**26)).plan)
    assert said["pools"] == {str(api.module.MemoryPoolType.WORKSPACE): 2**26}


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_timing_cache_none_is_kept(version: str, graph: Path) -> None:
    assert build_plan(release(version), graph, BuildSettings()).timing_cache == b""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_graph_names_its_node(version: str, tmp_path: Path) -> None:
    refused = write_graph(tmp_path / REFUSES, SCORE)
    where = "node 3" if version.startswith("8") else "stem/Resize"
    with pytest.raises(EngineError, match=f"cannot read refuses.onnx: {where}: Antialiasing"):
        build_plan(release(version), refused, BuildSettings())


def test_flags_that_are_gone_are_said_to_be_gone(graph: Path) -> None:
    with pytest.raises(EngineError, match="has no FP16 flag"):
        build_plan(release("11.4.0.106"), graph, BuildSettings(fp16=True))


def test_strong_typing_that_is_not_there_yet_is_said_to_be_missing(graph: Path) -> None:
    with pytest.raises(EngineError, match="no strong typing"):
        build_plan(release("8.6.1"), graph, BuildSettings(strong=True))


def test_a_board_without_an_accelerator_says_so(graph: Path) -> None:
    with pytest.raises(EngineError, match="no deep-learning accelerator"):
        build_plan(release("8.6.1", dla_cores=0), graph, BuildSettings(fp16=True, dla_core=0))


def test_the_played_releases_refuse_what_they_lack() -> None:
    config = release("10.3.0").module.Builder(None).create_builder_config()
    with pytest.raises(AttributeError, match="max_workspace_size"):
        config.max_workspace_size = 1
    with pytest.raises(AttributeError, match="build_engine"):
        _ = release("10.3.0").module.Builder(None).build_engine
