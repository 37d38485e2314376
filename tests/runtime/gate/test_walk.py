"""Long days at the gate: the adversary of `test_machine` at random, until its checks have seen every change."""

from __future__ import annotations

import random

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.gate.observations import Aim, Retargeted
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import BUSY, LIVE, Phase, Reason
from fundusgate.runtime.gate.step import SUCCESSORS
from tests.runtime.gate.test_machine import REACHED, Adversary

ALL = {(phase, after) for phase, successors in SUCCESSORS.items() for after in successors}
WORDS = ["taken", "judged", "kept", "failed", "frame", "clock"]
EYES = [Retargeted(None, None, None), Retargeted(None, None, "one")]


def walk(seed: int, steps: int) -> None:
    rng = random.Random(seed)
    day = Adversary()
    day.settings = GateSettings(auto=rng.random() < 0.5, max_retakes=rng.randrange(4))
    for _ in range(steps):
        wander(day, rng)
        day.what_is_shown_fits_together()


def wander(day: Adversary, rng: random.Random) -> None:
    choice = rng.random()
    verdict, main = rng.choice(list(Verdict)), rng.choice([None, CauseCode.FOCUS, CauseCode.MEDIA_OPACITY])
    helps = rng.choice([None, RetakeHelps.YES, RetakeHelps.NO])
    if day.broken and choice < 0.5:
        day.everything_is_mended()
    elif choice < 0.35:
        day.frames(rng.choice([1, 3, 9, 20]), rng.choice(list(Aim)), False, main)
    elif choice < 0.5:
        day.frames(rng.choice([9, 14, 20]), Aim.RETINA, True, None)
    elif choice < 0.6 and day.gate.phase in BUSY:
        day.the_still_goes_on(rng.choice([0.02, 0.3, 6.0, 11.0]), rng.choice([0.0, 3.0]), verdict, main, helps)
    elif choice < 0.7 and day.gate.phase in LIVE | {Phase.RETAKE}:
        day.a_whole_still(verdict, main, helps)
    elif choice < 0.9:
        what = rng.choice(["press", "press", "go on", "go on", "override", "override", "give up"])
        day.the_operator_decides(what, rng.choice(list(Reason)), "readable")
    elif choice < 0.93:
        day.tell(rng.choice(EYES))
    elif choice < 0.97:
        day.mischief(rng.choice(WORDS), day.gate.stills - rng.randrange(3), verdict, rng.choice([-1.0, 0.0]))
    elif choice < 0.98 and not day.broken:
        day.something_breaks(lasting=rng.random() < 0.3)
    else:
        day.time_passes(rng.choice([0.1, 0.7, 1.1, 2.6, 11.0]))


def test_every_change_is_seen_under_the_adversary_s_checks() -> None:
    REACHED.clear()
    for seed in range(20):
        walk(seed, 1500)
        if seed >= 4 and ALL <= REACHED:
            break
    assert sorted(ALL - REACHED) == []
