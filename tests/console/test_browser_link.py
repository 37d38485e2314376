"""When the connection, the server or the gate fails, the screen says so and greens nothing; then it recovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.console.serve import Address, ConsoleServer
from tests.console.browser import open_browser
from tests.console.proxy import Wire

if TYPE_CHECKING:
    from tests.console.browser import Browser
    from tests.console.scripted_gate import ScriptedGate

GREEN = """
const shutter = document.getElementById('shutter');
const ring = getComputedStyle(document.getElementById('ring-fill')).opacity !== '0';
return ring || !shutter.disabled || shutter.hasAttribute('data-ready') || document.body.dataset.tone === 'good';
"""
GREYED = "return getComputedStyle(document.getElementById('view')).filter.includes('grayscale')"


def ready(page: Browser, gate: ScriptedGate) -> None:
    page.until_says("#prompt-words", "the eye")
    page.click("#target-OS-disc")
    gate.show("good")
    page.until_says("#prompt-do", "Ready")
    assert page.run(GREEN)
    assert not page.run(GREYED)


def stale(page: Browser, words: str) -> None:
    page.until_says("#prompt-do", words)
    assert not page.run(GREEN)
    assert page.run(GREYED)
    assert page.text("#not-live") == "NOT LIVE"


def test_a_server_that_dies_and_comes_again(chromium: Browser, gate: ScriptedGate) -> None:
    with ConsoleServer(gate, Address(port=0)) as first:
        port = int(first.url.rstrip("/").rpartition(":")[2])
        chromium.open(first.url)
        ready(chromium, gate)
    stale(chromium, "Connection lost")
    chromium.run("document.getElementById('shutter').click()")
    with ConsoleServer(gate, Address(port=port)):
        chromium.until_says("#prompt-do", "Ready")
        assert chromium.run(GREEN)


def test_a_gate_that_hangs_in_ready_loses_its_green(
    chromium: Browser, server: ConsoleServer, gate: ScriptedGate
) -> None:
    chromium.open(server.url)
    ready(chromium, gate)
    gate.hang()
    stale(chromium, "No answer")
    gate.go_on()
    chromium.until_says("#prompt-do", "Ready")


def test_a_closed_gate_says_why_and_shows_no_old_picture_as_live(
    chromium: Browser, server: ConsoleServer, gate: ScriptedGate
) -> None:
    chromium.open(server.url)
    ready(chromium, gate)
    gate.close("The camera is unplugged: plug it in.")
    stale(chromium, "Stopped")
    assert chromium.text("#prompt-more") == "The camera is unplugged: plug it in."
    gate.mend()
    chromium.until_says("#prompt-do", "Ready")


def test_a_wire_that_goes_dead_without_a_word(chromium: Browser, server: ConsoleServer, gate: ScriptedGate) -> None:
    with Wire(int(server.url.rstrip("/").rpartition(":")[2])) as wire:
        chromium.open(wire.url)
        ready(chromium, gate)
        wire.freeze()
        stale(chromium, "Connection lost")
        wire.thaw()
        chromium.until_says("#prompt-do", "Ready")


def test_two_browsers_see_the_same_state(chromium: Browser, server: ConsoleServer, gate: ScriptedGate) -> None:
    chromium.open(server.url)
    ready(chromium, gate)
    chromium.driver.switch_to.new_window("window")
    try:
        chromium.open(server.url)
        chromium.until_says("#prompt-do", "Ready")
        assert chromium.find("#target-OS-disc").get_attribute("aria-pressed") == "true"
        chromium.click("#shutter")
        chromium.until_says("#prompt-do", "Good photograph")
    finally:
        chromium.driver.close()
        chromium.driver.switch_to.window(chromium.driver.window_handles[0])
    chromium.until_says("#prompt-do", "Good photograph")
    assert len(chromium.all(".card")) == 1


def test_a_screen_pairs_with_the_code(chromium: Browser, gate: ScriptedGate) -> None:
    with ConsoleServer(gate, Address("0.0.0.0", 0)) as server:
        assert server.pairing is not None
        url = f"http://127.0.0.1:{server.url.rstrip('/').rpartition(':')[2]}/"
        chromium.driver.get(url)
        chromium.until_says("h1", "Pair this screen")
        chromium.until(lambda: chromium.find("input").is_enabled(), "the code's field")
        chromium.find("input").send_keys("1234\n")
        chromium.until_says("#mistake", "That is not the code")
        chromium.find("input").send_keys(f"{server.pairing.code}\n")
        chromium.until_says("#prompt-words", "the eye")
        chromium.until(lambda: not chromium.run(GREYED), "the live picture")


def test_without_chromium_a_test_skips_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium chromium-driver"), open_browser():
        pass
