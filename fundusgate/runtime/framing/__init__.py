"""Who frames a photograph for the networks: the processor, or the GPU where that is as right and quicker."""
