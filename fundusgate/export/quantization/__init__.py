"""INT8 and half precision: which nodes, at what scale, in the form that each engine runs."""
