from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fundusgate.archive.capture_folder import add_note, read_capture, write_record
from fundusgate.archive.errors import UnreadableRecordError
from fundusgate.archive.layout import new_id
from fundusgate.archive.record import Amendment, CaptureRecord, GivenUp, Override
from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import Field, Reason
from tests.archive.captures import START, draft

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1970, 1, 3), datetime(2100, 1, 1), timezones=OFFSETS)
# halves of surrogate pairs, numbers that are not finite, and arrays are what cameras really give
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def record(**changes: object) -> CaptureRecord:
    made = draft(**changes)
    known = {
        "id": new_id(made.taken_at),
        "photograph": "photograph.jpg",
        "photograph_sha256": "c" * 64,
        "photograph_bytes": 10,
        "width": 4,
        "height": 3,
        "kept_at": START,
    }
    return CaptureRecord(**made.model_dump(), **known)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=st.fixed_dictionaries(
        {
            "taken_at": MOMENTS,
            "outcome": st.sampled_from(Outcome),
            "trigger": st.sampled_from(Trigger),
            "attempt": st.integers(1, 99),
            "patient": st.none() | TEXTS,
            "operator": st.none() | TEXTS,
            "laterality": st.none() | st.sampled_from(Laterality),
            "field": st.none() | st.sampled_from(Field),
            "camera": TEXTS,
            "camera_metadata": st.dictionaries(TEXTS, ODD, max_size=4),
            "timings_ms": st.dictionaries(TEXTS, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
        }
    ),
    reason=TEXTS.filter(bool),
    note=TEXTS,
)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object], reason: str, note: str
) -> None:
    written = record(**changes)
    folder = tmp_path_factory.mktemp("captures") / written.id
    folder.mkdir()
    write_record(folder, written)
    assert read_capture(folder).record == written
    override = Override(reason=reason, operator=None, at=written.taken_at)
    given_up = GivenUp(reason=Reason.OTHER, note=note, operator=written.operator, at=written.taken_at)
    add_note(folder, Amendment(override=override))
    add_note(folder, Amendment(given_up=given_up))
    assert read_capture(folder).record == written.model_copy(update={"override": override, "given_up": given_up})


def test_non_latin_text_is_written_as_it_is(tmp_path: Path) -> None:
    written = record(patient="दादी ७", operator="مريم", camera="眼底カメラ")
    folder = tmp_path / written.id
    folder.mkdir()
    write_record(folder, written)
    text = (folder / "record.json").read_text(encoding="utf-8")
    assert all(word in text for word in ("दादी ७", "مريم", "眼底カメラ"))
    assert read_capture(folder).record == written


def test_odd_metadata_costs_no_photograph() -> None:
    made = draft(
        camera_metadata={"gain": np.float32(1.5), "lut": np.arange(3), "when": START, "bad": float("nan"), 3: "\udc80"}
    )
    assert made.camera_metadata == {"gain": 1.5, "lut": [0, 1, 2], "when": str(START), "bad": None, "3": "\\udc80"}


@pytest.mark.parametrize("changes", [{"timings_ms": {"still": float("nan")}}, {"taken_at": datetime(2026, 1, 1)}])
def test_a_draft_that_says_nonsense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        draft(**changes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema_version": 2}, "newer fundusgate"),
        ({"schema_version": 2, "dioptres": 1.5}, "newer fundusgate"),
        ({"dioptres": 1.5}, "altered"),
        ({"photograph": "../../../etc/passwd"}, "altered"),
        ({"id": "20261121T205312.123456Z-00000000"}, "renamed or copied"),
    ],
)
def test_a_record_that_is_not_understood_is_unreadable(tmp_path: Path, change: dict[str, object], says: str) -> None:
    written = record()
    folder = tmp_path / written.id
    folder.mkdir()
    write_record(folder, written)
    path = folder / "record.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(UnreadableRecordError, match=says):
        read_capture(folder)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe"])
def test_what_is_no_record_is_unreadable(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / new_id(START)
    folder.mkdir()
    (folder / "record.json").write_bytes(data)
    with pytest.raises(UnreadableRecordError, match="altered"):
        read_capture(folder)
