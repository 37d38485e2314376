"""Two runs beside each other: what differs by more than chance, and whether they may be compared at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import VERDICT
from fundusgate.bench.statistics import difference_interval, percentile

if TYPE_CHECKING:
    from fundusgate.bench.record import BenchRecord, Setup
    from fundusgate.bench.series import Series

COMPARED = (50, 90)
_WORDS = {
    "board": "the board",
    "power_mode": "the power mode",
    "clocks_locked": "whether the clocks are locked",
    "governors": "the processor's governor",
    "processor": "the processor",
    "processors": "how many processors",
    "threads": "the threads of a network",
    "engine": "what runs the networks",
    "precision": "the precision",
    "bundle_sha256": "the bundle",
    "networks": "the networks' graphs",
    "camera": "the camera",
    "photographs_sha256": "the photographs",
    "sizes": "the photographs' sizes",
    "cadences_hz": "the cadences",
}


@dataclass(frozen=True)
class Difference:
    """How much one figure has grown, milliseconds.

    Attributes:
        series: `10 Hz`, `back to back`.
        stage: Which.
        percent: 50 for the median, 90.
        before: Of the first run.
        after: Of the second.
        low: Lower end of the bootstrap interval of `after - before`.
        high: Upper end.
        verdict: The first run's median of press to verdict at this cadence, which the change is held against.
    """

    series: str
    stage: str
    percent: int
    before: float
    after: float
    low: float
    high: float
    verdict: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def share(self) -> float:
        """The change as a share of press to verdict: a sure difference may still be too small to matter."""
        return self.change / self.verdict

    @property
    def larger_than_noise(self) -> bool:
        """Whether chance within the runs does not explain it: zero lies outside the interval."""
        return not self.low <= 0 <= self.high

    def to_json_object(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "series": self.series,
            "stage": self.stage,
            "percent": self.percent,
            "before_ms": self.before,
            "after_ms": self.after,
            "change_ms": self.change,
            "interval_ms": [self.low, self.high],
            "share_of_verdict": self.share,
            "larger_than_noise": self.larger_than_noise,
        }


def unlikenesses(before: Setup, after: Setup) -> list[str]:
    """Everything that differs between two set-ups, each a sentence without its full stop."""
    first, second = before.model_dump(), after.model_dump()
    return [
        f"{words} ({_shown(name, first[name])} and {_shown(name, second[name])})"
        for name, words in _WORDS.items()
        if first[name] != second[name]
    ]


def remarks(before: BenchRecord, after: BenchRecord) -> list[str]:
    """Differing versions, and what runs and frames: no reason to refuse, they may be what is compared; to be known."""
    first, second = before.environment.versions, after.environment.versions
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    found = [f"{name} {first.get(name, 'absent')} and {second.get(name, 'absent')}" for name in names]
    ran = before.environment.running, after.environment.running
    return found if ran[0] == ran[1] else [*found, f"what runs: {ran[0]} And: {ran[1]}"]


def compare(before: BenchRecord, after: BenchRecord, *, force: bool = False) -> list[Difference]:
    """Each stage's median and 90th percentile at each cadence that both runs have.

    Args:
        before: The first run.
        after: The second.
        force: Compare although the set-ups differ.

    Raises:
        BenchError: The set-ups differ and `force` is not given, or the runs have no cadence in common.
    """
    unlike = unlikenesses(before.setup, after.setup)
    if unlike and not force:
        raise BenchError(
            f"the runs differ in {'; '.join(unlike)}: measure again alike, or add --force to compare them all the same"
        )
    others = {series.cadence_hz: series for series in after.series}
    pairs = [(series, others[series.cadence_hz]) for series in before.series if series.cadence_hz in others]
    if not pairs:
        raise BenchError("the runs have no cadence in common: measure one of them again with the other's --cadence")
    return [difference for first, second in pairs for difference in _differences(first, second)]


def _differences(before: Series, after: Series) -> list[Difference]:
    found = []
    verdict = percentile(before.stages_ms[VERDICT], 50)
    for stage, samples in before.stages_ms.items():
        others = after.stages_ms.get(stage)
        if others is None:
            continue
        for percent in COMPARED:
            interval = difference_interval(samples, others, percent)
            figures = percentile(samples, percent), percentile(others, percent)
            found.append(Difference(before.name, stage, percent, *figures, interval.low, interval.high, verdict))
    return found


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 - any field of a set-up
    if value is None:
        return "none"
    if name.endswith("sha256"):
        return f"{value[:12]}..."
    if name == "networks":
        return ", ".join(f"{network} {digest[:12]}..." for network, digest in value.items())
    if name == "sizes":
        return ", ".join(f"{height} x {width}" for height, width in value) or "none"
    if isinstance(value, list):
        return ", ".join("max" if each is None else f"{each:g}" if isinstance(each, float) else each for each in value)
    return str(value)
