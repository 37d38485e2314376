"""Pseudo-labels by anatomical visibility: where the vessels that should be there cannot be seen. Workstation code."""
