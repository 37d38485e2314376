"""ONNX graphs to TensorRT engines, on the device that will run them."""
