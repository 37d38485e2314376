from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import fundusgate.console
from fundusgate.codes import CauseCode, Laterality, RetakeHelps
from fundusgate.runtime.cues.centring import Side
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.state import Field, Phase, Reason
from fundusgate.runtime.guidance import ADVICE

HERE = Path(fundusgate.console.__file__).parent
TEXTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "texts").glob("*.json"))}
ENGLISH = TEXTS["en"]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def bare(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


def test_every_language_is_there() -> None:
    assert set(TEXTS) == {"en", "es", "hi", "pt", "fr", "ar"}


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    texts = TEXTS[language]
    assert list(texts) == list(ENGLISH)
    assert {key for key, text in texts.items() if not text.strip()} == set()
    assert {key: placeholders(text) for key, text in texts.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


@pytest.mark.parametrize("language", sorted(set(TEXTS) - {"en"}))
def test_a_language_is_translated(language: str) -> None:
    # a number's layout and a word shared by two languages may agree; sentences may not
    same = [key for key, text in TEXTS[language].items() if text == ENGLISH[key] and len(bare(text)) > 14]
    assert not same


def test_only_arabic_runs_from_right_to_left() -> None:
    assert {code: texts["language.direction"] for code, texts in TEXTS.items() if code != "ar"} == dict.fromkeys(
        sorted(set(TEXTS) - {"ar"}), "ltr"
    )
    assert TEXTS["ar"]["language.direction"] == "rtl"


def test_the_english_prompts_are_the_runtimes() -> None:
    assert {code: ENGLISH[f"cause.{code.value}.say"] for code in CauseCode} == {
        code: ADVICE[code].prompt for code in CauseCode
    }


def test_every_word_of_the_contract_has_its_text() -> None:
    wanted = {f"cause.{code.value}.{part}" for code in CauseCode for part in ("name", "do", "say")}
    wanted |= {f"phase.{phase.value}.{part}" for phase in Phase for part in ("do", "say")}
    wanted |= {f"reason.{reason.value}" for reason in Reason} | {f"helps.{helps.value}" for helps in RetakeHelps}
    wanted |= {f"outcome.{outcome.value}" for outcome in Outcome} | {f"dark.{side.value}" for side in Side}
    wanted |= {f"eye.{eye.value}" for eye in Laterality} | {f"field.{field.value}" for field in Field}
    assert wanted <= set(ENGLISH)


def test_every_text_that_the_page_asks_for_exists_and_none_is_left_over() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (HERE / "static").glob("*.html"))
    code = "".join(path.read_text(encoding="utf-8") for path in (HERE / "static" / "js").glob("*.js"))
    asked = set(re.findall(r'data-(?:text|label)="([^"]+)"', pages)) | set(re.findall(r'\bt\("([a-z_.]+)"', code))
    assert asked <= set(ENGLISH)
    # asked for by a name that is put together: t(`cause.${code}.say`), t(phase === "ready" ? "a" : "b")
    patterns = [
        re.escape(p).replace(r"\$\{\}", ".+") for p in re.findall(r"t\(`([^`]+)`", re.sub(r"\$\{[^{}]*\}", "${}", code))
    ]
    quoted = set(re.findall(r'"([a-z_]+\.[a-zA-Z_.]+)"', code))
    unused = {key for key in ENGLISH if key not in asked | quoted and not any(re.fullmatch(p, key) for p in patterns)}
    assert unused <= {"language.name"}
