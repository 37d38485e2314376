"""The papers' figures, one module a kind of truth."""
