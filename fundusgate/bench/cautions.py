"""Why a run's figures should not be believed too readily, said with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.bench.series import VERDICT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.bench.record import LoadGenOpinion, Setup
    from fundusgate.bench.series import Series
    from fundusgate.bench.soaked import Soak
    from fundusgate.device.board.board import BoardState

MOST_VARIATION = 0.10
"""Coefficient of variation of press to verdict above which a run is called unsteady."""
MOST_LOAD = 0.25
"""Load a processor that others made before the run."""
MOST_DRIFT = 0.05
"""By which the last minute of a soak may be slower than the first."""
MOST_DISAGREEMENT = 0.02
"""By which LoadGen's figures may differ from ours: it measures from outside, a little more."""
FEW = 100
"""Samples below which the 99th percentile is the largest one."""


def cautions(
    setup: Setup,
    before: BoardState,
    after: BoardState,
    load: float,
    series: Sequence[Series],
    soak: Soak | None,
    loadgen: LoadGenOpinion | None = None,
) -> list[str]:
    """Plain sentences; none where nothing is wrong.

    Args:
        setup: Of the run.
        before: The board before it.
        after: And after it.
        load: Load average of the minute before it.
        series: What was measured.
        soak: And for minutes.
        loadgen: What MLPerf LoadGen says of the same presses.
    """
    found = []
    if load / setup.processors > MOST_LOAD:
        found.append(f"Other programs were at work before the run (load {load:.1f} on {setup.processors} processors).")
    modes = before.power_modes
    if modes.current is not None and modes.maximum is not None and modes.current != modes.maximum:
        found.append(f"The board was in {modes.current.name}; {modes.maximum.name} allows more.")
    if setup.clocks_locked is False:
        found.append("The clocks follow the load (on a Jetson, `sudo jetson_clocks` holds them).")
    events = [sum(count.count for count in board.throttling.events) for board in (before, after)]
    if events[1] > events[0]:
        found.append(f"The machine slowed itself down {events[1] - events[0]} times during the run.")
    if after.heat.braking:
        found.append(f"The kernel was braking at the end: {', '.join(brake.name for brake in after.heat.braking)}.")
    found += [caution for each in series for caution in _of_series(each)]
    if soak is not None and soak.last_minute_p50_ms > (1 + MOST_DRIFT) * soak.first_minute_p50_ms:
        slower = soak.last_minute_p50_ms / soak.first_minute_p50_ms - 1
        found.append(f"Soak: the last minute was {100 * slower:.0f} % slower than the first.")
    if loadgen is not None and loadgen.furthest_apart > MOST_DISAGREEMENT:
        apart = 100 * loadgen.furthest_apart
        found.append(f"LoadGen's percentiles are up to {apart:.1f} % from ours of the same presses.")
    return found


def _of_series(series: Series) -> list[str]:
    found = []
    summary = series.summaries[VERDICT]
    if summary.variation is not None and summary.variation > MOST_VARIATION:
        found.append(
            f"{series.name}: press to verdict varies by {100 * summary.variation:.0f} % (standard deviation over mean;"
            f" over {100 * MOST_VARIATION:.0f} % is unsteady)."
        )
    if summary.count < FEW:
        found.append(f"{series.name}: {summary.count} samples, so that the 99th percentile is the largest of them.")
    return found
