"""Recipes: non-negative positive-unlabelled maps, score regression, and the data they are fed."""
