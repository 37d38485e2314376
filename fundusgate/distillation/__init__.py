"""Distillation: a network for the camera taught by a published one, on photographs that need no labels."""
