from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from fundusgate.runtime.gate.state import Phase
from fundusgate.service.metrics import NOBODY, Metrics
from tests.service.snapshots import BLURRED, card, snapshot


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_only_the_present_phase_is_one(metrics: Metrics) -> None:
    metrics.follow(snapshot(phase=Phase.READY))
    metrics.follow(snapshot(phase=Phase.CLOSED, why="no picture"))
    assert value(metrics, "fundusgate_phase", phase="ready") == 0
    assert value(metrics, "fundusgate_phase", phase="closed") == 1
    assert value(metrics, "fundusgate_closed_total") == 1


def test_a_gate_that_starts_closed_has_not_closed(metrics: Metrics) -> None:
    metrics.follow(snapshot(phase=Phase.CLOSED))
    assert value(metrics, "fundusgate_closed_total") == 0


def test_rates_and_latencies_are_the_snapshots(metrics: Metrics) -> None:
    metrics.follow(snapshot())
    assert value(metrics, "fundusgate_frames_per_second", stage="assessed") == 16.5
    assert value(metrics, "fundusgate_frames_lost") == 3
    assert value(metrics, "fundusgate_guidance_seconds", quantile="0.99") == pytest.approx(0.13)


def test_each_capture_counts_once_by_outcome_and_cause(metrics: Metrics) -> None:
    blurred = card("a", **BLURRED)
    metrics.follow(snapshot(captures=(blurred,)))
    metrics.follow(snapshot(captures=(card("b", attempt=2), blurred)))
    metrics.follow(snapshot(captures=(card("b", attempt=2), blurred)))
    assert value(metrics, "fundusgate_captures_total", outcome="retake", cause="FOCUS") == 1
    assert value(metrics, "fundusgate_captures_total", outcome="accepted", cause="none") == 1


def test_first_pass_acceptance_is_by_operator_and_of_first_attempts(metrics: Metrics) -> None:
    metrics.follow(snapshot(captures=(card("a", **BLURRED),)))
    metrics.follow(snapshot(captures=(card("b", attempt=2), card("a", **BLURRED))))
    metrics.follow(snapshot(operator=None, captures=(card("c"), card("b", attempt=2), card("a", **BLURRED))))
    assert value(metrics, "fundusgate_first_attempts_total", operator="asha") == 1
    assert value(metrics, "fundusgate_first_attempts_accepted_total", operator="asha") == 0
    assert value(metrics, "fundusgate_first_attempts_accepted_total", operator=NOBODY) == 1


def test_an_override_counts_once_when_it_comes(metrics: Metrics) -> None:
    metrics.follow(snapshot(captures=(card("a", **BLURRED),)))
    assert value(metrics, "fundusgate_overrides_total") == 0
    for _ in range(2):
        metrics.follow(snapshot(captures=(card("a", **BLURRED, overridden="only eye"),)))
    assert value(metrics, "fundusgate_overrides_total") == 1


def test_no_figure_holds_the_patient(metrics: Metrics) -> None:
    metrics.follow(snapshot(captures=(card("a", overridden="MRN 00417 asked for it"),)))
    assert b"00417" not in generate_latest(metrics.registry)
