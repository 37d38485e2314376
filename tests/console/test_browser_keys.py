"""Keyboard, foot pedal and barcode scanner in a real Chromium."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import Keys

from fundusgate.live.commands import Choose, Identify, Press

if TYPE_CHECKING:
    from fundusgate.console.serve import ConsoleServer
    from tests.console.browser import Browser
    from tests.console.scripted_gate import ScriptedGate

FOCUSED = """
const style = getComputedStyle(document.activeElement);
return [document.activeElement.id, style.outlineStyle, style.outlineWidth];
"""
APART = 0.2
"""Seconds between two keys of a hand."""


@pytest.fixture
def page(chromium: Browser, server: ConsoleServer, gate: ScriptedGate) -> Browser:
    chromium.open(server.url)
    chromium.until_says("#prompt-do", "Bring the camera to the eye")
    chromium.keys("2", APART)
    chromium.until(lambda: gate.snapshot().laterality is not None, "the target of key 2")
    gate.show("good")
    chromium.until_says("#prompt-do", "Ready")
    return chromium


def presses(gate: ScriptedGate) -> int:
    return sum(isinstance(command, Press) for command in gate.commands)


@pytest.mark.parametrize("key", [Keys.SPACE, Keys.ENTER, Keys.PAGE_DOWN, "b"])
def test_a_key_or_the_pedal_presses_the_shutter_once(page: Browser, gate: ScriptedGate, key: str) -> None:
    page.keys(key, APART)
    page.until_says("#prompt-do", "Good photograph")
    assert presses(gate) == 1


def test_digits_choose_from_left_to_right(page: Browser, gate: ScriptedGate) -> None:
    page.keys("134", APART)
    page.until(lambda: sum(isinstance(c, Choose) for c in gate.commands) == 4, "four targets")
    chosen = [(c.laterality.value, c.field.value) for c in gate.commands if isinstance(c, Choose)]
    assert chosen == [("OD", "disc"), ("OD", "macula"), ("OS", "disc"), ("OS", "macula")]


def test_a_scanner_enters_a_patient_and_presses_nothing(page: Browser, gate: ScriptedGate) -> None:
    before = len(gate.commands)
    page.type_at_once("b12 on 34")
    page.until_says("#patient-name", "b12 on 34")
    time.sleep(0.3)
    assert gate.commands[before:] == [Identify(patient="b12 on 34")]


def test_a_scanner_does_not_press_the_button_that_has_the_focus(page: Browser, gate: ScriptedGate) -> None:
    page.run("document.getElementById('settings').focus({focusVisible: true})")
    before = len(gate.commands)
    page.type_at_once("998877")
    page.until_says("#patient-name", "998877")
    assert page.all("dialog[open]") == []
    assert gate.commands[before:] == [Identify(patient="998877")]


def test_a_scanner_works_while_a_photograph_is_looked_at(page: Browser, gate: ScriptedGate) -> None:
    page.keys(Keys.SPACE, APART)
    page.until_says("#prompt-do", "Good photograph")
    page.click(".card")
    page.until_says("#capture-title", "Photograph 1")
    page.type_at_once("TH-0007")
    page.until_says("#patient-name", "TH-0007")
    assert page.all("dialog[open]") == []
    assert presses(gate) == 1


def test_a_scanner_fills_the_field_that_is_open(page: Browser, gate: ScriptedGate) -> None:
    page.click("#operator")
    page.type_at_once("OP-31")
    page.until_says("#operator-name", "OP-31")
    assert not any(isinstance(command, Identify) for command in gate.commands)


def test_letters_open_the_decisions(page: Browser, gate: ScriptedGate) -> None:
    gate.show("lid")
    page.until_says("#prompt-do", "Lift the lid")
    page.keys(Keys.SPACE, APART)
    page.until_says("#prompt-over", "Retake")
    page.keys("o", APART)
    page.until(lambda: page.all("#keep-dialog[open]"), "the dialog to keep")
    page.keys(Keys.ESCAPE, APART)
    page.keys("n", APART)
    page.until(lambda: page.all("#give-up-dialog[open]"), "the dialog to give up")
    page.keys(Keys.ESCAPE, APART)
    page.keys("r", APART)
    page.until_says("#prompt-do", "Lift the lid")
    page.keys("p", APART)
    page.until(lambda: page.all("#patient-dialog[open]"), "the patient's dialog")


def test_another_pedal_is_learnt_and_remembered(page: Browser, gate: ScriptedGate) -> None:
    page.click("#settings")
    page.click("#pedal-learn")
    page.until_says("#pedal-key", "Press the pedal now")
    page.keys(Keys.F9, APART)
    page.until_says("#pedal-key", "F9")
    page.click("#settings-dialog [data-close]")
    page.driver.refresh()
    page.until_says("#prompt-do", "Ready")
    page.keys(Keys.F9, APART)
    page.until_says("#prompt-do", "Good photograph")
    assert presses(gate) == 1


def test_a_walk_with_tab_reaches_everything_and_is_seen(page: Browser) -> None:
    reached = set()
    for _ in range(14):
        page.keys(Keys.TAB, 0.01)
        name, style, width = page.run(FOCUSED)
        if name:
            reached.add(name)
            assert (style, width) == ("solid", "3px"), name
    assert {"patient", "operator", "settings", "target-OD-macula", "target-OS-macula", "shutter"} <= reached
