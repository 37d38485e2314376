"""The networks in PyTorch: FTHNet, EFIQA, EFIQA-CP and its edge form; checkpoints in, checked state dicts out."""

from fundusgate.models.registry import MODEL_NAMES, build

__all__ = ["MODEL_NAMES", "build"]
