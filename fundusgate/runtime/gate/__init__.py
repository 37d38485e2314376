"""The gate: one pure function from (state, observation, now, settings) to (state, events)."""
