"""What `benchmarks/runtime_peers.py` is made of: the same networks on what else could run them, in turns."""
