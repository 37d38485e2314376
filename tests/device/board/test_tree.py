from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fundusgate.device.board import tree as tree_module
from fundusgate.device.board.tree import Tree, Unread


@pytest.mark.parametrize(
    ("content", "number"),
    [("42\n", 42), ("-40000", -40000), ("  7 \0", 7), ("+3", 3)],
)
def test_a_number(content: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(content)
    assert Tree(tmp_path).integer("f") == number


@pytest.mark.parametrize("content", ["", "1_000", "0x10", "4.5", "٣", "9" * 40, "one", "1 2", "N/A"])
def test_what_is_no_number_is_none_and_listed(content: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(content, encoding="utf-8")
    tree = Tree(tmp_path)
    assert tree.integer("f") is None
    assert [unread.path for unread in tree.unread] == ["/f"]


def test_what_is_not_there_is_none_and_not_listed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    tree = Tree(tmp_path)
    assert tree.text("sys/nowhere") is None
    assert tree.integer("file/below") is None
    assert tree.folder("nowhere") == ()
    assert tree.unread == []


def test_a_sensor_that_is_off_answers_eagain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temp").write_text("40000")

    def off(_descriptor: int, _count: int) -> bytes:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(tree_module.os, "read", off)
    tree = Tree(tmp_path)
    assert tree.integer("temp") is None
    assert tree.unread == [Unread("/temp", "Resource temporarily unavailable")]


def test_a_read_that_fails_for_real(tmp_path: Path) -> None:
    up = "../" * len(tmp_path.parts)
    (tmp_path / "broken").symlink_to(f"{up}proc/self/mem")
    tree = Tree(tmp_path)
    assert tree.text("broken") is None
    assert tree.unread == [Unread("/broken", "Input/output error")]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Tree(tmp_path).text("pipe") is None
    assert Tree(tmp_path).text("") is None


def test_an_absolute_link_stays_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "etc/nvpmodel").mkdir(parents=True)
    (tmp_path / "etc/nvpmodel/super.conf").write_text("inside")
    (tmp_path / "etc/nvpmodel.conf").symlink_to("/etc/nvpmodel/super.conf")
    assert Tree(tmp_path).text("etc/nvpmodel.conf") == "inside"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "b").symlink_to("/a")
    tree = Tree(tmp_path)
    assert tree.text("a") is None
    assert not tree.exists("a")


def test_a_file_of_the_kernels_that_refuses_large_buffers() -> None:
    tree = Tree()
    assert tree.text("proc/sys/kernel/osrelease") == os.uname().release
    assert tree.unread == []


def test_names_are_sorted_as_people_count(tmp_path: Path) -> None:
    for name in ("hwmon10", "hwmon2", "hwmon1", "hwmonÐ²", "9²"):
        (tmp_path / name).mkdir()
    assert Tree(tmp_path).folder("")[1:4] == ("hwmon1", "hwmon2", "hwmon10")


def test_names_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/policy\xff")).mkdir()
    (tmp_path / "policy0").mkdir()
    assert Tree(tmp_path).folder("") == ("policy0",)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xff\xfe\0")
    assert Tree(tmp_path).text("f") == "\ufffd\ufffd"
