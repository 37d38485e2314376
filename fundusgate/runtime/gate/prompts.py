"""One prompt at a time, for long enough to be read and acted upon."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.codes import CauseCode
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import GateState


def prompted(state: GateState, main: CauseCode | None, settings: GateSettings, *, anew: bool) -> GateState:
    """Decide which cause is prompted after one live frame.

    Another cause (or none) replaces the prompt when the prompt has rested for `prompt_rest` and the other has lasted
    for `prompt_wins_after`, or when the prompted cause has not been first for `prompt_rest`, whatever came instead:
    causes that alternate must not keep an old prompt up for ever.

    Args:
        state: where the gate stands.
        main: the frame's own first cause.
        settings: how patient the gate is.
        anew: the phase has just changed; there is no prompt to be patient with.
    """
    now = state.now
    if anew:
        return _show(state, main)
    if main == state.prompt:
        return replace(state, prompt_seen=now, rival=None, rival_since=None)
    if state.rival_since is None or state.rival != main:
        state = replace(state, rival=main, rival_since=now)
    lasted = state.rival_since is not None and now - state.rival_since >= settings.prompt_wins_after
    rested = state.prompt is None or now - state.prompt_since >= settings.prompt_rest
    gone = state.prompt is not None and now - state.prompt_seen >= settings.prompt_rest
    return _show(state, main) if rested and (lasted or gone) else state


def _show(state: GateState, cause: CauseCode | None) -> GateState:
    since = state.prompt_since if cause == state.prompt else state.now
    return replace(state, prompt=cause, prompt_since=since, prompt_seen=state.now, rival=None, rival_since=None)
