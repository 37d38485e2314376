"""One camera a module, behind one small interface."""
