"""TensorRT that is not there is one clear sentence."""

from __future__ import annotations

import pytest

from fundusgate.runtime.engines.api import EngineError, load
from tests.runtime.engines.surfaces import VERSIONS, release


def test_no_tensorrt() -> None:
    with pytest.raises(
        EngineError, match=r"comes with JetPack .* virtual environment made with --system-site-packages"
    ):
        load("tensorrt_that_is_not_there")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_release_offers(version: str) -> None:
    api = release(version)
    by_flags = not version.startswith("11")
    assert (api.fp16_flag, api.int8_flag) == (by_flags, by_flags)
    assert api.strong_typing is not version.startswith("8")
    assert api.timing_cache
    assert ".".join(map(str, api.numbers)) == version
