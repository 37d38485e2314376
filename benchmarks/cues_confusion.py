"""Which cause is named for each known fault, by three hands, on real photographs and phantom eyes; and where none is.

    python benchmarks/cues_confusion.py PHOTOGRAPHS --cache DIR [--use judging] [--each 6] [--eyes 4] [--hands ...]
    python benchmarks/cues_confusion.py PHOTOGRAPHS --cache DIR --gate [--bundle DIR]

PHOTOGRAPHS is a folder with labels.csv; `data/causes_photographs.csv` says which of them serve for tuning and which to
judge (mexico, srahim, diaretdb1: nothing was ever fitted to them). Hands: the phantom's own faults, `other` and
`third` (causes/*_hand.py); to `third` nothing was fitted. A row is what was put on, a column the strength. Real
photographs with known faults follow: lens dust and opacities of ODIR's labels. With --gate the whole gate judges in
the bundle's INT8, networks and all, and "named" is what the operator is told; without, the cues alone.

Cases, cues and the networks' words are kept in the cache, so that a second run takes seconds.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from causes.cases import HANDS, cue_figures, cues_of, wanted
from causes.evaluation import NONE, Tally, chosen, eyes, interval
from causes.gate import judgements
from rich.progress import track

from fundusgate.codes import CauseCode, Verdict
from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.causes import cue_severities, rank
from fundusgate.runtime.profile import Profile
from fundusgate.training.photographs import read_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.runtime.verdict import Judgement

    Namer = Callable[[str, str], list[str]]

SEED = 2
REFUSED = (Verdict.RETAKE, Verdict.CANNOT_OBTAIN)


def by_cues(root: Path, folder: Path, profile: Profile, least: float) -> Namer:
    """The first cause by the cues alone, or none where its severity is below `least`."""

    def named(photograph: str, hand: str) -> list[str]:
        names = []
        for row in cue_figures(root, photograph, hand, folder):
            causes = rank(cue_severities(cues_of(row), profile.causes), profile.causes)
            names.append(causes[0].code.value if causes and causes[0].severity >= least else NONE)
        return names

    return named


def drawn(names: list[str], each: int) -> list[str]:
    """At most so many of each source, the same at every call; all for 0."""
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_source[name.split("/", maxsplit=1)[0]].append(name)
    # a smaller number takes a part of what a greater one takes
    orders = {source: random.Random(SEED).sample(of, len(of)) for source, of in by_source.items()}
    return [name for order in orders.values() for name in order[: each or None]]


def real_faults(root: Path) -> dict[str, list[str]]:
    """Real photographs that somebody said a fault of."""
    records = [record for record in read_records(root) if record.source == "odir"]
    named = {
        "ODIR, lens dust (CENTRAL_GHOST)": [record for record in records if record.artifact == "lens_dust"],
        "ODIR, media opacity (MEDIA_OPACITY)": [record for record in records if record.weak],
    }
    return {name: [str(record.path.relative_to(root)) for record in of] for name, of in named.items()}


def of_the_gate(all_judged: dict[tuple[str, str], list[Judgement]]) -> str:
    """Of single faults: how many the gate refuses, and of these how many with the right cause."""
    lines = []
    for hand in dict.fromkeys(hand for _, hand in all_judged if hand):
        refused: list[bool] = []
        every = 0
        for (photograph, of), judged in all_judged.items():
            for case, said in zip(wanted(photograph, of), judged, strict=True) if of == hand else ():
                if len(case.codes) == 1:
                    every += 1
                    if said.verdict in REFUSED:
                        refused.append(said.main is case.codes[0])
        lines.append(
            f"{hand} hand: {interval(len(refused), every)} refused; of these the cause is right in"
            f" {interval(sum(refused), len(refused))}"
        )
    return "\n\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for cases, cues and words")
    parser.add_argument("--use", choices=("tuning", "judging"), default="judging")
    parser.add_argument("--each", type=int, default=6, help="photographs of each source; 0 for all that are listed")
    parser.add_argument("--eyes", type=int, default=4, help="phantom eyes")
    parser.add_argument("--hands", nargs="+", choices=HANDS, default=list(HANDS))
    parser.add_argument("--profile", type=Path, default=None)
    parser.add_argument("--gate", action="store_true", help="judge by the whole gate, not by the cues alone")
    parser.add_argument("--bundle", type=Path, default=None)
    parser.add_argument("--confusion", action="store_true", help="whole confusion matrices, too")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    root = given.photographs
    names = [*drawn(chosen(given.use), given.each), *eyes(given.use, given.eyes)]
    clean = chosen("clean" if given.use == "tuning" else "clean_judging")
    tally, judged = Tally(), {}
    assessor = Assessor.open(given.bundle, threads=1) if given.gate else None
    try:
        if assessor is None:
            profile = Profile.load(given.profile)
            named = by_cues(root, given.cache, profile, profile.causes.main)
        else:
            profile = assessor.profile if given.profile is None else Profile.load(given.profile)
            opened = assessor

            def named(photograph: str, hand: str) -> list[str]:
                said = judgements(root, photograph, hand, given.cache, opened, profile)
                judged[photograph, hand] = said
                return [NONE if each.main is None else each.main.value for each in said]

        for name in track(names, "faults"):
            for hand in ("", *given.hands):
                tally.add(wanted(name, hand), named(name, hand))
        for name in track(clean, "as taken"):
            tally.add(wanted(name, ""), named(name, ""))
        print(tally.told())
        if assessor is None:
            # a photograph that passes is told of a cause from here
            noted = Counter(
                (name.split("/")[0], found)
                for name in clean
                for found in by_cues(root, given.cache, profile, profile.causes.note)(name, "")
            )
            for source in sorted({of for of, _ in noted}):
                of = sum(count for (where, _), count in noted.items() if where == source)
                print(f"\nAs taken, {source}: nothing worth a note {interval(noted[source, NONE], of)}")
        if judged:
            print(f"\n{of_the_gate(judged)}")
        for what, photographs in real_faults(root).items():
            found = Counter(named(name, "")[0] for name in track(photographs, "real faults"))
            print(f"\n{what}: {', '.join(f'{name} {count}' for name, count in found.most_common())}")
        if given.confusion:
            for hand in given.hands:
                print(f"\n{tally.confusion(hand)}")
    finally:
        if assessor is not None:
            assessor.close()
    print(f"\n{len(names)} photographs with faults, {len(clean)} clean; {CauseCode.UNKNOWN.value} only by the gate")


if __name__ == "__main__":
    main()
