from __future__ import annotations

import pytest

from fundusgate.console.pairing import (
    DIGITS,
    GUESS_WINDOW,
    GUESSES,
    LIFETIME,
    MOST_SCREENS,
    Pairing,
    TooManyGuessesError,
)
from fundusgate.console.rate import TokenBucket


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pairing(clock: Clock) -> Pairing:
    return Pairing(clock)


def wrong(pairing: Pairing) -> str:
    return f"{(int(pairing.code) + 1) % 10**DIGITS:0{DIGITS}d}"


def test_the_code_is_exchanged_for_a_token(pairing: Pairing) -> None:
    token = pairing.pair(f" {pairing.code[:4]}-{pairing.code[4:]} ")
    assert token is not None
    assert pairing.knows(token)
    assert not pairing.knows(token[:-1])
    assert not pairing.knows(None)


def test_every_run_and_every_screen_is_another(clock: Clock) -> None:
    assert len({Pairing(clock).code for _ in range(20)}) > 18
    one = Pairing(clock)
    assert one.pair(one.code) != one.pair(one.code)


@pytest.mark.parametrize("guess", ["", "0", "ü", "12345678901", "'; --"])
def test_a_wrong_code_is_refused(pairing: Pairing, guess: str) -> None:
    assert pairing.pair(guess) is None


def test_guessing_is_slowed_down_even_for_the_right_code(pairing: Pairing, clock: Clock) -> None:
    for _ in range(GUESSES):
        assert pairing.pair(wrong(pairing)) is None
    with pytest.raises(TooManyGuessesError, match="wait 60 seconds"):
        pairing.pair(pairing.code)
    clock.now += GUESS_WINDOW
    assert pairing.pair(pairing.code) is not None


def test_a_screen_is_forgotten_after_a_working_day(pairing: Pairing, clock: Clock) -> None:
    token = pairing.pair(pairing.code)
    clock.now += LIFETIME + 1
    assert not pairing.knows(token)


def test_the_oldest_screen_makes_room(pairing: Pairing, clock: Clock) -> None:
    tokens = []
    for _ in range(MOST_SCREENS + 1):
        clock.now += 1
        tokens.append(pairing.pair(pairing.code))
    assert [pairing.knows(token) for token in tokens] == [False] + [True] * MOST_SCREENS


def test_a_bucket_gives_its_burst_and_then_its_rate(clock: Clock) -> None:
    bucket = TokenBucket(2.0, 3, clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now += 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    with pytest.raises(ValueError, match="rate over 0"):
        TokenBucket(0, 1, clock)
