"""Which photographs serve for what, and how often the right cause is named."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.export.accuracy.statistics import wilson_interval

from .cases import CODES, PHANTOM_EYE, STRENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .cases import Case

LIST = Path(__file__).resolve().parent.parent / "data" / "causes_photographs.csv"
NONE = "none"
EYES = {"tuning": 0, "judging": 1000}
"""First seed of the phantom eyes of each use."""


def chosen(use: str) -> list[str]:
    """The photographs of a use in `data/causes_photographs.csv`: tuning, clean, judging or clean_judging."""
    with LIST.open(encoding="utf-8", newline="") as stream:
        return [row["file"] for row in csv.DictReader(stream) if row["use"] == use]


def eyes(use: str, count: int) -> list[str]:
    """Phantom eyes of a use."""
    return [f"{PHANTOM_EYE}{EYES[use] + number}" for number in range(count)]


@dataclass
class Tally:
    """What was named, by what was done."""

    named: dict[tuple[str, str, float], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pairs: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    clean: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, cases: Sequence[Case], names: Iterable[str]) -> None:
        """Count cases with the cause that was named for each ("none" for no cause)."""
        for case, name in zip(cases, names, strict=True):
            if not case.codes:
                self.clean[case.source][name] += 1
            elif len(case.codes) == 1:
                self.named[case.hand, case.codes[0].value, case.strength][name] += 1
            else:
                self.pairs[case.hand].append(name in {code.value for code in case.codes})

    def right(self, hand: str, code: str | None = None, strength: float | None = None) -> tuple[int, int]:
        """Cases named right, and cases."""
        found = [
            (names[put_on], names.total())
            for (of, put_on, at), names in self.named.items()
            if of == hand and code in (None, put_on) and strength in (None, at)
        ]
        return sum(hits for hits, _ in found), sum(total for _, total in found)

    def hands(self) -> list[str]:
        """Hands that were counted."""
        return list(dict.fromkeys(hand for hand, _, _ in self.named))

    def told(self) -> str:
        """The tables as Markdown."""
        parts = []
        hands = self.hands()
        for hand in hands:
            rows = [f"| {hand} hand | {' | '.join(f'{strength:g}' for strength in STRENGTHS)} | all | named instead |"]
            rows.append("|---|" + "---|" * (len(STRENGTHS) + 2))
            for code in (each.value for each in CODES):
                cells = [_share(*self.right(hand, code, strength)) for strength in STRENGTHS]
                wrong: Counter[str] = Counter()
                for (of, put_on, _), names in self.named.items():
                    if of == hand and put_on == code:
                        wrong.update({name: count for name, count in names.items() if name != code})
                instead = ", ".join(f"{name} {count}" for name, count in wrong.most_common(4))
                rows.append(f"| {code} | {' | '.join(cells)} | {_share(*self.right(hand, code))} | {instead} |")
            cells = [_share(*self.right(hand, None, strength)) for strength in STRENGTHS]
            rows.append(f"| all | {' | '.join(cells)} | {_share(*self.right(hand))} | |")
            parts.append("\n".join(rows))
            if self.pairs[hand]:
                hits, of = sum(self.pairs[hand]), len(self.pairs[hand])
                parts.append(f"Two faults at once by the {hand} hand, either of them named: {interval(hits, of)}")
        if hands:
            everything = [self.right(hand) for hand in hands]
            parts.append(
                "Every single fault: " + interval(sum(hits for hits, _ in everything), sum(of for _, of in everything))
            )
        for source, names in sorted(self.clean.items()):
            others = ", ".join(f"{name} {count}" for name, count in names.most_common() if name != NONE)
            parts.append(
                f"As taken, {source}: no cause {interval(names[NONE], names.total())}; {others or 'none else'}"
            )
        return "\n\n".join(parts)

    def confusion(self, hand: str) -> str:
        """Rows what was put on, columns what was named, over all strengths."""
        columns = [code.value for code in CODES] + [NONE]
        others = sorted({name for names in self.named.values() for name in names} - set(columns))
        columns += others
        rows = [f"{hand:16}" + " ".join(f"{_short(column):>7}" for column in columns)]
        for code in (each.value for each in CODES):
            counts: Counter[str] = Counter()
            for (of, put_on, _), names in self.named.items():
                if of == hand and put_on == code:
                    counts.update(names)
            rows.append(f"{code:16}" + " ".join(f"{counts[column] or '.':>7}" for column in columns))
        return "\n".join(rows)


def interval(hits: int, of: int) -> str:
    """A share with Wilson's 95 % interval."""
    low, high = wilson_interval(hits, of)
    return f"{hits}/{of} = {100 * hits / max(of, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _share(hits: int, of: int) -> str:
    return f"{100 * hits / of:.0f} %" if of else ""


def _short(name: str) -> str:
    return name if len(name) <= 7 else name[:4] + name[-3:]
