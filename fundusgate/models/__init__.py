"""The networks in PyTorch: FTHNet, EFIQA, EFIQA-CP and its edge form; checkpoints in, checked state dicts out."""

from fundusgate.models.checkpoints import CheckpointError, load_checkpoint, read_state_dict
from fundusgate.models.registry import MODEL_NAMES, build

__all__ = ["MODEL_NAMES", "CheckpointError", "build", "load_checkpoint", "read_state_dict"]
