"""The networks in PyTorch: FTHNet, EFIQA, EFIQA-CP and its edge form; checkpoints in, checked state dicts out."""
