"""Fit the weights by which cues become causes, and say how they do where they were not fitted.

    python benchmarks/fit_causes.py PHOTOGRAPHS --cache DIR [--out fundusgate/runtime/causes.toml]

Cases are the tuning photographs of `data/causes_photographs.csv` and phantom eyes, each with every fault at three
strengths by two hands (the phantom's faults, and `causes/other_hand.py`), with three pairs of faults a hand, and as
taken; and clean photographs as taken. Figures: each source left out in turn; then each source and one hand, so that
neither the camera nor the way of drawing faults was seen. Judging photographs are never read here.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from causes.cases import CODES, Case, cue_figures, wanted
from causes.evaluation import NONE, Tally, chosen, eyes
from causes.fitting import Weights, as_toml, entering, fit
from rich.progress import track

from fundusgate.runtime.cause_model import SHIPPED
from fundusgate.runtime.profile import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

HANDS = ("phantom", "other")
EYES = 20


def gathered(root: Path, folder: Path) -> tuple[list[Case], NDArray[np.float64]]:
    """The cases and what enters for each."""
    cases: list[Case] = []
    figures: list[dict[str, float]] = []
    wanted_of = [(name, hand) for name in (*chosen("tuning"), *eyes("tuning", EYES)) for hand in ("", *HANDS)]
    wanted_of += [(name, "") for name in chosen("clean")]
    for name, hand in track(wanted_of, "measuring"):
        cases += wanted(name, hand)
        figures += cue_figures(root, name, hand, folder)
    return cases, entering(figures)


def names_by(weights: Weights, raw: NDArray[np.float64], main: float) -> list[str]:
    """The greatest cause of each case, or none below `main`."""
    shares = weights.shares(raw)
    return [CODES[row.argmax()].value if row.max() >= main else NONE for row in shares]


def main() -> None:
    """Fit, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for cases and cues")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    cases, raw = gathered(given.photographs, given.cache)
    sources = np.array([case.source for case in cases])
    hands = np.array([case.hand for case in cases])
    least = Profile.load().causes.main
    left_out, strange = Tally(), Tally()
    for source in sorted(set(sources)):
        for tally, unseen in ((left_out, [""]), (strange, HANDS)):
            for hand in unseen:
                seen = (sources != source) & ((hands != hand) | (hand == ""))
                judged = (sources == source) & ((hands == hand) | (tally is left_out))
                weights = fit([case for case, kept in zip(cases, seen, strict=True) if kept], raw[seen])
                names = names_by(weights, raw[judged], least)
                tally.add([case for case, kept in zip(cases, judged, strict=True) if kept], names)
    print(f"{len(cases)} cases: {dict(Counter(sources.tolist()))}")
    print(f"\n## Each source left out in turn\n\n{left_out.told()}")
    print(f"\n## Each source and each hand left out in turn\n\n{strange.told()}")
    by_hand = "; ".join(f"{hand} {100 * np.divide(*left_out.right(hand)):.1f} %" for hand in HANDS)
    stranger = "; ".join(f"{hand} {100 * np.divide(*strange.right(hand)):.1f} %" for hand in HANDS)
    note = (
        "How cues become causes: a cause's share is exp(bias + sum of weight times cue) over one more than the\n"
        'sum of these of all causes; the one stands for "nothing is wrong". A cue enters as its figure, its logarithm\n'
        "(of the figure plus 0.003) or its amount, less `centre`, over `scale`, held within `limit`.\n"
        f"Fitted by benchmarks/fit_causes.py on {len(cases)} cases of {len(set(sources))} sources, two hands' faults.\n"
        f"Right where the source was left out: {by_hand}; source and hand: {stranger}."
    )
    given.out.write_text(as_toml(fit(cases, raw), note), encoding="utf-8")
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    main()
