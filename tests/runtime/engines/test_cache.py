"""Killed at any moment, the cache holds a finished engine or an unfinished one, never two halves of different ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fundusgate.runtime.engines import cache
from fundusgate.runtime.engines.cache import Slot, default_cache, write_whole
from tests.runtime.engines.test_fitness import HERE, SOURCE, START, record


def finished(plan: bytes) -> cache.EngineRecord:
    return record(plan_sha256=hashlib.sha256(plan).hexdigest(), plan_bytes=len(plan))


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    slot, plan = Slot(tmp_path / "slot"), START + b"engine"
    slot.keep(finished(plan), plan)
    held = slot.read_record("fp16")
    assert held == finished(plan)
    assert slot.fitness(finished(plan), HERE, SOURCE).fits
    assert slot.read_record("int8-fp16") is None


@pytest.mark.parametrize("written", [0, 1])
def test_a_rebuild_that_is_killed_is_unfinished(written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slot, old, new = Slot(tmp_path / "slot"), START + b"old", START + b"new"
    slot.keep(finished(old), old)
    done: list[Path] = []

    def dying(path: Path, content: bytes) -> None:
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(path)
        write_whole(path, content)

    monkeypatch.setattr(cache, "write_whole", dying)
    with pytest.raises(KeyboardInterrupt):
        slot.keep(finished(new), new)
    assert slot.read_record("fp16") is None


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "timing.cache"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "fundusgate" / "engines"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "fundusgate" / "engines"
