"""Compiled engines as they lie on the device: their records, their folder, and whether they fit this machine."""
