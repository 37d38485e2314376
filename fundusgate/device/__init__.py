"""The camera and the board."""
