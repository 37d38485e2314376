"""One inference engine a module, behind one small interface."""
