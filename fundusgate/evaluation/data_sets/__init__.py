"""Labelled data sets as they are published: each with its own layout and its own traps."""
