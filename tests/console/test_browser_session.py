"""A technician's session in a real Chromium: align, prompt, fix, ready, capture, retake, accept, keep, give up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fundusgate.codes import Laterality
from fundusgate.live.commands import Automatic, Choose, GiveUp, Identify, Override, Press, SignIn
from fundusgate.runtime.gate.state import Field, Reason

if TYPE_CHECKING:
    from fundusgate.console.serve import ConsoleServer
    from fundusgate.live.commands import Command
    from tests.console.browser import Browser
    from tests.console.scripted_gate import ScriptedGate


@pytest.fixture
def page(chromium: Browser, server: ConsoleServer) -> Browser:
    chromium.open(server.url)
    chromium.until_says("#prompt-do", "Bring the camera to the eye")
    return chromium


def given(gate: ScriptedGate, kind: type[Command]) -> list[Command]:
    return [command for command in gate.commands if isinstance(command, kind)]


def choose_target(page: Browser) -> None:
    page.click("#target-OD-macula")
    page.until(lambda: page.find("#target-OD-macula").get_attribute("aria-pressed") == "true", "the target")


def photograph(page: Browser, gate: ScriptedGate, scene: str, outcome: str) -> None:
    gate.show(scene)
    page.until(lambda: page.run("return document.body.dataset.tone") in ("mend", "good"), "the live picture")
    page.click("#shutter")
    page.until_says("#prompt-over" if outcome == "Retake" else "#prompt-do", outcome)


def test_from_the_approach_to_an_accepted_photograph(page: Browser, gate: ScriptedGate) -> None:
    # nothing can be taken before eye and field are chosen
    page.until_says("#shutter-word", "Choose eye and field first")
    page.click("#shutter")
    page.until_says("#notice", "Choose eye and field first")
    assert given(gate, Press) == []
    choose_target(page)
    assert given(gate, Choose) == [Choose(laterality=Laterality.OD, field=Field.MACULA)]

    gate.show("top")
    page.until_says("#prompt-do", "Move back")
    assert page.text("#prompt-say") == "Haze at the top: too close, move back."
    assert page.find("#prompt-icon use").get_attribute("href") == "#i-cause_CRESCENT_TOP"
    page.until(lambda: page.run(HATCHED), "the map over the picture")
    page.click("#overlay-switch")
    page.until(lambda: not page.run(HATCHED), "the picture without the map")
    page.click("#overlay-switch")

    photograph(page, gate, "focus", "Retake")
    assert page.text("#prompt-do") == "Refocus"
    assert "Another try will help. Retakes advised: 1 of 3" in page.text("#prompt-more")
    time.sleep(0.5)  # a second press right after the first would be the same press
    page.click("#shutter")  # try again

    gate.show("good")
    page.until_says("#prompt-do", "Ready: press now")
    assert page.run("return document.getElementById('shutter').hasAttribute('data-ready')")
    page.until(lambda: page.run(RING) == "100px, 100px", "the full ring")
    time.sleep(0.5)
    page.click("#shutter")
    page.until_says("#prompt-do", "Good photograph")
    assert len(page.all(".card")) == 2
    assert [card.get_attribute("data-outcome") for card in page.all(".card")] == ["accepted", "retake"]
    assert "done" in str(page.find("#target-OD-macula").get_attribute("aria-label"))
    assert page.complaints() == []


HATCHED = """
const map = document.getElementById('hidden-map');
return map.getContext('2d').getImageData(0, 0, map.width, map.height).data.some((value) => value > 0);
"""
RING = "return getComputedStyle(document.getElementById('ring-fill')).strokeDasharray"


def test_ready_without_a_target_asks_for_it_and_by_itself_says_so(page: Browser, gate: ScriptedGate) -> None:
    gate.show("good")
    page.until_says("#prompt-do", "Choose eye and field first")
    assert not page.run("return document.getElementById('shutter').hasAttribute('data-ready')")
    choose_target(page)
    page.until_says("#prompt-do", "Ready: press now")
    gate.submit(Automatic(on=True))
    page.until_says("#prompt-do", "Ready: hold still")


LISTEN = """
window.tones = [];
const Plain = window.OscillatorNode;
window.OscillatorNode = class extends Plain {
  constructor(context, options) { super(context, options); window.tones.push(options.frequency); }
};
"""


def test_sounds_are_off_until_they_are_wanted_and_each_is_another(page: Browser, gate: ScriptedGate) -> None:
    page.run(LISTEN)
    choose_target(page)
    gate.show("good")
    page.until_says("#prompt-do", "Ready")
    assert page.run("return window.tones") == []
    page.click("#sound-switch")
    page.click("#shutter")
    page.until_says("#prompt-do", "Good photograph")
    page.until(lambda: page.run("return window.tones.length") == 3, "a chord")
    accepted = page.run("return window.tones.splice(0)")
    time.sleep(0.5)  # as above
    page.click("#shutter")
    page.until(lambda: page.run("return window.tones.length") == 2, "the sound of ready")
    assert page.run("return window.tones.splice(0)") != accepted


def test_a_photograph_is_kept_against_the_advice_with_a_reason(page: Browser, gate: ScriptedGate) -> None:
    choose_target(page)
    photograph(page, gate, "lid", "Retake")
    page.click("#keep")
    page.click("#keep-dialog .main")
    page.until_says("#keep-mistake", "Choose a reason or write one.")
    assert given(gate, Override) == []
    page.click("#keep-choices [data-value=lesion]")
    page.find("#keep-note").send_keys("haemorrhage below")
    page.click("#keep-dialog .main")
    page.until_says("#prompt-do", "Kept by you")
    reason = "a lesion must be seen by the reader: haemorrhage below"
    assert given(gate, Override) == [Override(reason=reason)]
    assert page.find(".card").get_attribute("data-outcome") == "overridden"
    assert not page.find("#keep").is_enabled()


def test_what_cannot_be_obtained_is_recorded_with_its_reason(page: Browser, gate: ScriptedGate) -> None:
    choose_target(page)
    assert not page.find("#give-up").is_enabled()
    photograph(page, gate, "top", "Retake")
    page.click("#give-up")
    page.click("#give-up-choices [data-value=other]")
    page.click("#give-up-dialog .main")
    page.until_says("#give-up-mistake", "Write what it is")
    page.click("#give-up-choices [data-value=opacity]")
    page.click("#give-up-dialog .main")
    page.until_says("#prompt-do", "Not obtainable")
    assert page.text("#prompt-over") == "Cataract or another opacity"
    assert given(gate, GiveUp) == [GiveUp(reason=Reason.OPACITY)]


def test_a_capture_is_seen_large_with_map_and_causes(page: Browser, gate: ScriptedGate) -> None:
    choose_target(page)
    photograph(page, gate, "top", "Retake")
    page.click(".card")
    page.until_says("#capture-causes", "Haze at the top")
    assert page.text("#capture-outcome") == "Retake"
    # told once the record is there, which comes after the causes
    page.until_says("#capture-figures", "%")
    large = "const c = document.getElementById('capture-map'); return c.width > 100 && "
    drawn = large + "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
    page.until(lambda: page.run(drawn), "the map over the photograph")
    page.click("#capture-dialog [data-close]")
    assert page.all("dialog[open]") == []


def test_patient_and_operator_are_entered_and_leave(page: Browser, gate: ScriptedGate) -> None:
    page.click("#patient")
    page.click("#patient-keypad [data-key='4']")
    page.click("#patient-keypad [data-key='7']")
    page.find("#patient-input").send_keys("-A\n")
    page.until_says("#patient-name", "47-A")
    page.click("#operator")
    page.find("#operator-input").send_keys("Asha\n")
    page.until_says("#operator-name", "Asha")
    choose_target(page)
    photograph(page, gate, "top", "Retake")
    page.click("#patient")
    page.click("#patient-finish")
    page.until_says("#patient-name", "No patient")
    # the photographs of one patient are not shown beside the next
    page.until(lambda: page.all(".card") == [], "an empty strip")
    assert given(gate, Identify) == [Identify(patient="47-A"), Identify(patient="")]
    assert given(gate, SignIn) == [SignIn(operator="Asha")]


def test_what_is_typed_is_text_and_never_a_page(page: Browser, gate: ScriptedGate) -> None:
    markup = "<img src=x onerror=document.title='taken'>"
    gate.submit(Identify(patient=markup))
    page.until_says("#patient-name", markup)
    choose_target(page)
    photograph(page, gate, "lid", "Retake")
    gate.submit(Override(reason=markup))
    page.until_says("#prompt-more", markup)
    page.click(".card")
    page.until_says("#capture-reason", markup)
    assert page.driver.title == "fundusgate"


def test_a_refusal_is_shown(page: Browser, gate: ScriptedGate) -> None:
    choose_target(page)
    gate.show("good")
    page.until_says("#prompt-do", "Ready")
    gate.refuse_next("The disk is full: export and prune.")
    page.click("#shutter")
    page.until_says("#notice", "The disk is full: export and prune.")


def test_settings_reach_the_gate(page: Browser, gate: ScriptedGate) -> None:
    page.click("#settings")
    page.click("label:has(#settings-automatic)")
    page.until(lambda: given(gate, Automatic) == [Automatic(on=True)], "the automatic shutter")
    assert "Guidance 15 times a second, 61 ms" in page.text("#settings-rates")
    page.click("#settings-dialog [data-close]")
