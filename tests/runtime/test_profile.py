from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.runtime.profile import DEFAULT_PROFILE, Profile, ProfileError

if TYPE_CHECKING:
    from pathlib import Path


def edited(folder: Path, *changes: tuple[str, str]) -> Path:
    text = DEFAULT_PROFILE.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / "clinic.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_profile_loads() -> None:
    profile = Profile.load()
    assert profile.name == "default"
    assert profile.score.retake < profile.score.accept
    assert profile == Profile.load(DEFAULT_PROFILE)


def test_a_clinic_may_change_a_threshold(tmp_path: Path) -> None:
    assert Profile.load(edited(tmp_path, ("accept = 66.0", "accept = 72.5"))).score.accept == 72.5


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("cell = 0.5", "sell = 0.5"),
        ("dominance = 0.7", 'dominance = "half"'),
        ("usual = {}", "usual = { SMALL_PUPIL = 1.5 }"),
        ("opacity_attempts = 2", "opacity_attempts = 0"),
    )
    with pytest.raises(ProfileError) as refused:
        Profile.load(path)
    for named in ("map.cell", "map.sell", "causes.dominance", "causes.usual.SMALL_PUPIL", "opacity_attempts"):
        assert named in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("accept = 66.0", "accept = 50.0"), "must lie below"),
        (("accept = 66.0", "accept = nan"), "finite"),
        (("accept = 66.0", "accept = 166.0"), "less than or equal to 100"),
        (("usual = {}", "usual = { SMALL_PUPILS = 0.3 }"), "names SMALL_PUPILS; causes are"),
        (("[score]", "[score"), "no TOML"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        Profile.load(edited(tmp_path, change))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"absent\.toml cannot be read"):
        Profile.load(tmp_path / "absent.toml")
