"""What TensorRT on a JetPack will do with a graph, before anyone is at the device."""
