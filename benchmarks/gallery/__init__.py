"""Parts of `failure_gallery.py`: cases with exact truth, failures ranked, a sheet and a list."""
