"""How well a verdict holds: metrics and readers of labelled photographs."""
