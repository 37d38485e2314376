"""Pairing: a short code, shown where the console was started, is exchanged for a cookie."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

COOKIE = "fundusgate_screen"
DIGITS = 8
LIFETIME = 12 * 3600.0
"""Seconds that a paired screen stays paired: a working day."""
MOST_SCREENS = 32
GUESSES = 10
GUESS_WINDOW = 60.0
"""At most GUESSES wrong codes in so many seconds, by everybody together: 10^8 codes would take 19 years."""


class TooManyGuessesError(RuntimeError):
    """Wrong codes came too fast; nobody can pair until the window has passed."""


class Pairing:
    """Knows the code of this run and the screens that have shown it.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        self._screens: dict[str, float] = {}
        self._wrong: deque[float] = deque(maxlen=GUESSES)

    def pair(self, guess: str) -> str | None:
        """A new screen's token for the right code; None for a wrong one. Spaces and hyphens do not count.

        Raises:
            TooManyGuessesError: Too many wrong codes lately; even the right one is not looked at.
        """
        now = self._clock()
        if len(self._wrong) == GUESSES and now - self._wrong[0] < GUESS_WINDOW:
            raise TooManyGuessesError(f"too many wrong codes: wait {GUESS_WINDOW:.0f} seconds and try again")
        plain = guess.replace(" ", "").replace("-", "").encode()
        if not hmac.compare_digest(plain, self.code.encode()):
            self._wrong.append(now)
            return None
        self._forget_old(now)
        while len(self._screens) >= MOST_SCREENS:
            del self._screens[min(self._screens, key=self._screens.__getitem__)]
        token = secrets.token_urlsafe(32)
        self._screens[token] = now + LIFETIME
        return token

    def knows(self, token: str | None) -> bool:
        """Whether a screen is paired."""
        self._forget_old(self._clock())
        return token is not None and token in self._screens

    def _forget_old(self, now: float) -> None:
        self._screens = {token: until for token, until in self._screens.items() if until > now}
