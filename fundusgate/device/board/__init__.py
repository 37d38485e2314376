"""What the machine under the camera is and how it is doing, read from its own files."""
