"""How long it takes from press to verdict, measured so that it can be published, re-derived and compared."""
