"""The live gate: camera, networks, gate and archive in one loop, told by commands and seen as snapshots."""
