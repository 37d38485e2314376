"""What `benchmarks/modelopt_peer.py` is made of: ModelOpt and fundusgate quantize the same graphs, side by side."""
