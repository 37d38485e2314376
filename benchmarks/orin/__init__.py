"""What `benchmarks/published_orin.py` is made of: detectors whose latency on Orin is published, and those figures."""
