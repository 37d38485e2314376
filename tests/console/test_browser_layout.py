"""The page on a 7-inch screen, a small one and a phone, in every language: all of it on the screen, nothing cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.live.commands import Choose, Identify, SignIn

if TYPE_CHECKING:
    from fundusgate.console.serve import ConsoleServer
    from tests.console.browser import Browser
    from tests.console.scripted_gate import ScriptedGate

SIZES = [(1024, 600), (800, 480), (390, 844), (1440, 900)]
LANGUAGES = ["en", "es", "hi", "pt", "fr", "ar"]

OUTSIDE = """
const parts = ['#patient', '#operator', '#settings', '#picture', '#prompt', '#shutter', '#shutter-word', '#keep',
  '#give-up', '#strip', ...[...document.querySelectorAll('.target')].map((e) => '#' + e.id)];
return parts.filter((name) => {
  const box = document.querySelector(name).getBoundingClientRect();
  const inside = box.left > -1 && box.top > -1 && box.right < innerWidth + 1 && box.bottom < innerHeight + 1;
  return !inside || box.width === 0;
});
"""
CUT_OFF = """
return [...document.querySelectorAll('#prompt, #prompt-words, .target, .side-button, #shutter-word, .eye legend')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
  .map((e) => (e.id || e.className) + ': ' + e.innerText);
"""
SMALL = """
return [...document.querySelectorAll('button, .switch')].filter((e) => e.offsetParent !== null)
  .map((e) => [e.id || e.innerText, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name);
"""
MOVING = """
return [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length;
"""
NAMELESS = """
const named = (e) => e.ariaLabel || e.innerText || e.labels?.length || e.getAttribute('aria-labelledby');
return [...document.querySelectorAll('button, input, canvas[role]')]
  .filter((e) => e.offsetParent !== null && !named(e)).map((e) => e.id);
"""
OVERLAP = """
const names = ['#picture', '#prompt', '#targets', '#controls', '#strip'];
const parts = names.map((name) => [name, document.querySelector(name).getBoundingClientRect()]);
return parts.flatMap(([a, x], i) => parts.slice(i + 1).filter(([, y]) =>
  x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1,
).map(([b]) => a + ' ' + b));
"""


@pytest.fixture
def lid(server: ConsoleServer, gate: ScriptedGate) -> str:
    """The URL of a console whose camera sees a lid."""
    gate.submit(Identify(patient="TH-2026-004821"))
    gate.submit(SignIn(operator="Asha Ramanathan"))
    gate.submit(Choose.model_validate({"laterality": "OD", "field": "macula"}))
    gate.show("lid")
    return server.url


@pytest.fixture
def page(chromium: Browser, lid: str) -> Browser:
    chromium.open(lid)
    until_tone(chromium, "mend")
    return chromium


def until_tone(page: Browser, tone: str) -> None:
    page.until(lambda: page.run("return document.body.dataset.tone") == tone, f"the tone {tone}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_in_every_language_on_every_screen(chromium: Browser, lid: str, language: str) -> None:
    page = chromium
    page.open(lid, language=language)
    until_tone(page, "mend")
    assert page.run("return document.documentElement.lang") == language
    page.click("#shutter")
    until_tone(page, "again")
    for width, height in SIZES:
        page.size(width, height)
        assert page.run(OUTSIDE) == [], (width, height)
        page.until(lambda: page.run(CUT_OFF) == [], f"nothing cut off at {width} x {height}")
        assert page.run(OVERLAP) == [], (width, height)
        assert page.run(SMALL) == [], (width, height)
        shutter = page.find("#shutter").size
        assert min(shutter["width"], shutter["height"]) >= 88


def test_arabic_runs_from_right_to_left_but_the_patients_face_does_not(page: Browser) -> None:
    page.click("#settings")
    page.click("#languages [data-value=ar]")
    page.until(lambda: page.run("return document.documentElement.dir") == "rtl", "Arabic")
    page.click("#settings-dialog [data-close]")
    picture, prompt = page.find("#picture").rect, page.find("#prompt").rect
    assert picture["x"] > prompt["x"]
    assert page.find("#target-OD-macula").rect["x"] < page.find("#target-OS-macula").rect["x"]
    page.driver.refresh()
    page.until_says("#prompt-do", "ارفع الجفن")


@pytest.mark.parametrize("dialog", ["patient", "operator", "settings"])
def test_a_dialog_fits_and_its_buttons_can_be_reached(page: Browser, dialog: str) -> None:
    for size in SIZES[:3]:
        page.size(*size)
        page.click(f"#{dialog}")
        box = page.find(f"#{dialog}-dialog").rect
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
        assert page.run(SMALL) == []
        page.click(f"#{dialog}-dialog [data-close]")


def test_who_wants_no_motion_gets_none(page: Browser) -> None:
    wish = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)
    try:
        assert page.run(MOVING) == 0
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_prompt_is_spoken_and_every_control_has_a_name(page: Browser) -> None:
    page.until_says("#prompt-do", "Lift the lid")
    prompt = page.find("#prompt-words")
    assert (prompt.get_attribute("role"), prompt.get_attribute("aria-live")) == ("status", "polite")
    assert page.run(NAMELESS) == []
