"""A record as the tables of docs/peers.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .load import caution
from .ours import COMPILED, EAGER, EVERY, OPENVINO_FP32, OURS
from .turns import by_round, median_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .record import Flips, Record

ALL = "all"
"""What the flips of all networks together are called."""


def as_markdown(record: Record) -> str:
    """Every table, and above them where it was measured."""
    return "\n\n".join([told(record), *filter(None, (_ours(record), _parity(record), _others(record)))])


def told(record: Record) -> str:
    """Machine, command and what must be known to believe the figures."""
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    share = "unknown" if record.others_share is None else f"{100 * record.others_share:.0f} %"
    where = (
        f"`{record.command}`, {record.began_at[:10]}: {record.machine}; threads {record.threads}, rounds"
        f" {record.rounds}. Other programs took {share} of the processors meanwhile. {versions}."
    )
    doubt = caution(record.others_share)
    return "\n\n".join(filter(None, [where, f"**{doubt}**" if doubt else "", _same(record)]))


def _same(record: Record) -> str:
    """That the float ones compute the same network."""
    floats = (EAGER, COMPILED, OPENVINO_FP32)
    apart = [item.apart for item in record.timed if item.what in floats and item.apart is not None]
    if not apart:
        return ""
    return f"Outputs of PyTorch and of OpenVINO in fp32 differ from ONNX Runtime's by {max(apart):.1e} at most."


def networks_of(record: Record) -> list[str]:
    """Our networks, in the record's order."""
    return list(dict.fromkeys(item.network for item in record.timed if item.network in record.bundle_networks))


def ratio(record: Record, network: str, what: str, against: str) -> tuple[float, float, float]:
    """How many times as long one thing takes as another, both in the same rounds: median and 95 % interval."""
    return median_interval(_rounds(record, network, what) / _rounds(record, network, against))


def _rounds(record: Record, network: str, what: str) -> NDArray[np.float64]:
    (item,) = (item for item in record.timed if (item.network, item.what) == (network, what))
    return by_round(item.turns)


def _ours(record: Record) -> str:
    networks = networks_of(record)
    head = ["what runs it"]
    for network in networks:
        head += [f"{network}, ms", "times ours"]
    rows = []
    for what in EVERY:
        row = [what]
        for network in networks:
            row += _cells(record, network, what)
        rows.append(row)
    return _table(head, rows)


def _cells(record: Record, network: str, what: str) -> list[str]:
    found = [item for item in record.timed if (item.network, item.what) == (network, what)]
    if not found:
        return ["not asked for", ""]
    if found[0].failed is not None:
        return [f"not measured: {found[0].failed}", ""]
    value = _value(median_interval(by_round(found[0].turns)))
    return [f"**{value}**" if what == OURS else value, _value(ratio(record, network, what, OURS))]


def _parity(record: Record) -> str:
    if not record.parity:
        return ""
    networks = networks_of(record)
    head = [
        "INT8",
        *(f"flips, {network} alone" for network in networks),
        "flips, both",
        "score: p99 of the difference, points",
        "map: p99 of a cell's difference",
    ]
    rows = [
        [
            item.what,
            *(_flips(item.flips.get(name)) for name in (*networks, ALL)),
            "" if item.score_p99 is None else f"{item.score_p99:.2f}",
            "" if item.map_p99 is None else f"{item.map_p99:.3f}",
        ]
        for item in record.parity
    ]
    return _table(head, rows)


def _others(record: Record) -> str:
    networks = networks_of(record)
    rows = []
    together = np.sum([_rounds(record, network, OURS) for network in networks], axis=0)
    rows.append(["both our networks, int8-cpu", f"**{_value(median_interval(together))}**", ""])
    for item in record.timed:
        if item.network in networks:
            continue
        rounds = by_round(item.turns)
        rows.append([item.what, _value(median_interval(rounds)), _value(median_interval(rounds / together))])
    return _table(["what others deploy", "ms", "times both of ours"], rows) if len(rows) > 1 else ""


def _flips(flips: Flips | None) -> str:
    if flips is None:
        return ""
    return f"{flips.hits} of {flips.trials} ({100 * flips.low:.1f} to {100 * flips.high:.1f} %)"


def _value(found: tuple[float, float, float]) -> str:
    value, low, high = (_short(number) for number in found)
    return f"{value} ({low} to {high})"


def _short(number: float) -> str:
    """Three digits that count."""
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}" if number >= 0.1 else f"{number:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
