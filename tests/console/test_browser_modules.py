"""The page's two judges with a clock of the test's own: what is fresh, and what is a scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fundusgate.console.serve import ConsoleServer
    from tests.console.browser import Browser

FRESHNESS = """
const done = arguments[arguments.length - 1];
const { Freshness } = await import('/static/js/freshness.js');
let now = 1000;
const fresh = new Freshness(() => now);
const healths = [];
for (const [step, at, sent] of arguments[0]) {
  now = at;
  if (step === 'open') fresh.open();
  if (step === 'close') fresh.close('lost');
  if (step === 'snapshot') fresh.message(sent, true);
  if (step === 'pulse') fresh.message(sent, false);
  healths.push(fresh.health());
}
done(healths);
"""
SCANNER = """
const done = arguments[arguments.length - 1];
const { Scanner } = await import('/static/js/scanner.js');
const said = [];
let due = null;
const timers = { later: (work, ms) => (due = { work, ms }), never: () => (due = null) };
const scanner = new Scanner((text) => said.push(['scan', text]), (key) => said.push(['key', key]), timers);
let last = 0;
for (const [key, at] of arguments[0]) {
  if (due !== null && at - last >= due.ms) due.work();
  last = at;
  said.push([scanner.take(key, at) ? 'taken' : 'left', key]);
}
if (due !== null) due.work();
done(said.filter(([what]) => what !== 'taken'));
"""


@pytest.fixture
def page(chromium: Browser, server: ConsoleServer) -> Browser:
    chromium.driver.get(f"{server.url}pair.html")
    chromium.driver.get(f"{server.url}static/pair.html")
    return chromium


def ask(page: Browser, script: str, steps: list[Any]) -> list[Any]:
    answer: list[Any] = page.driver.execute_async_script(f"(async () => {{ {script} }}).apply(null, arguments)", steps)
    return answer


def test_live_as_long_as_snapshots_come_in_time(page: Browser) -> None:
    steps = [["open", 1000], ["snapshot", 1100, 50.0], ["snapshot", 2100, 51.0], ["pulse", 3800, 52.7]]
    assert ask(page, FRESHNESS, steps) == ["connecting", "live", "live", "live"]


def test_pulses_alone_are_a_silent_gate(page: Browser) -> None:
    steps = [["open", 1000], ["snapshot", 1100, 50.0], ["pulse", 2900, 51.8], ["pulse", 3400, 52.3]]
    assert ask(page, FRESHNESS, steps)[-2:] == ["live", "silent"]


def test_nothing_at_all_is_a_lost_connection(page: Browser) -> None:
    steps = [["open", 1000], ["snapshot", 1100, 50.0], ["look", 3601], ["close", 3700]]
    assert ask(page, FRESHNESS, steps)[-2:] == ["lost", "lost"]


def test_what_took_a_second_longer_than_the_quickest_is_late_and_recovers(page: Browser) -> None:
    steps = [["open", 1000], ["snapshot", 1100, 50.0], ["snapshot", 2600, 50.4], ["snapshot", 2900, 51.8]]
    assert ask(page, FRESHNESS, steps)[1:] == ["live", "late", "live"]


def test_a_new_connection_is_measured_anew(page: Browser) -> None:
    # the server was started again: its clock is another
    steps = [["open", 1000], ["snapshot", 1100, 900.0], ["close", 1200], ["open", 2000], ["snapshot", 2100, 3.0]]
    assert ask(page, FRESHNESS, steps)[1:] == ["live", "lost", "connecting", "live"]


def burst(text: str, begin: int = 0, gap: int = 10) -> list[list[object]]:
    return [[key, begin + gap * place] for place, key in enumerate(text)]


def test_a_burst_with_enter_or_tab_is_a_scan(page: Browser) -> None:
    assert ask(page, SCANNER, [*burst("12 b"), ["Enter", 40]]) == [["scan", "12 b"]]
    assert ask(page, SCANNER, [*burst("9-71"), ["Tab", 40]]) == [["scan", "9-71"]]


def test_single_keys_of_a_hand_are_keys(page: Browser) -> None:
    assert ask(page, SCANNER, burst("1o", gap=200)) == [["key", "1"], ["key", "o"]]


def test_enter_and_space_alone_are_left_to_the_shutter(page: Browser) -> None:
    assert ask(page, SCANNER, [["Enter", 0], [" ", 300]]) == [["left", "Enter"], ["left", " "]]
    assert ask(page, SCANNER, [["1", 0], ["Enter", 300]]) == [["key", "1"], ["left", "Enter"]]


def test_a_burst_without_an_end_does_nothing(page: Browser) -> None:
    assert ask(page, SCANNER, burst("1b34")) == []
    assert ask(page, SCANNER, [*burst("1b34"), ["Enter", 500]]) == [["left", "Enter"]]


def test_two_characters_are_no_barcode(page: Browser) -> None:
    assert ask(page, SCANNER, [*burst("no"), ["Enter", 20]]) == []


def test_keys_without_a_character_are_left(page: Browser) -> None:
    assert ask(page, SCANNER, [["Shift", 0], ["ArrowLeft", 5], ["F9", 9]]) == [
        ["left", "Shift"],
        ["left", "ArrowLeft"],
        ["left", "F9"],
    ]
