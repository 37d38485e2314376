"""What `benchmarks/roofline.py` is made of: this processor's peaks, and networks held to what they allow."""
