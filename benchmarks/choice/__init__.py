"""Parts of `sources.py`: photographs by source, cameras that nobody trained on, judges and tables."""
