"""A procedural colour fundus and its degradations, with exact ground truth."""
