"""Parts of `edge_search.py`: a family of edge networks, trials, and successive halving."""
