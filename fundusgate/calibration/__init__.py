"""Which photographs, what ranges, which layers stay in float."""
