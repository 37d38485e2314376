"""Which photographs quantization learns from, and the ranges that they show."""
