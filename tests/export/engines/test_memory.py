"""Memory is looked at before a build is begun."""

from __future__ import annotations

import pytest

from fundusgate.export.engines.memory import (
    BUILDER_RESERVE,
    COPIES_OF_WEIGHTS,
    LARGEST_WORKSPACE,
    MEBIBYTE,
    SMALLEST_WORKSPACE,
    workspace_for,
)
from fundusgate.runtime.engines.api import EngineError


def test_plenty_is_capped() -> None:
    assert workspace_for(60 * 1024 * MEBIBYTE, 20 * MEBIBYTE) == LARGEST_WORKSPACE
    assert workspace_for(60 * 1024 * MEBIBYTE, 20 * MEBIBYTE, cap=128 * MEBIBYTE) == 128 * MEBIBYTE


def test_little_gives_half_of_what_is_left() -> None:
    graph = 100 * MEBIBYTE
    left = 400 * MEBIBYTE
    assert workspace_for(BUILDER_RESERVE + COPIES_OF_WEIGHTS * graph + left, graph) == left // 2


def test_a_large_network_on_a_small_board_is_refused() -> None:
    with pytest.raises(EngineError, match="5120 MiB of memory are free and this build needs about"):
        workspace_for(5 * 1024 * MEBIBYTE, 1500 * MEBIBYTE)


def test_the_least_that_is_allowed_is_allowed() -> None:
    least = BUILDER_RESERVE + 2 * SMALLEST_WORKSPACE
    assert workspace_for(least, 0) == SMALLEST_WORKSPACE
    with pytest.raises(EngineError):
        workspace_for(least - 1, 0)
