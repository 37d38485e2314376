"""PyTorch to ONNX to a bundle that a camera can open."""
