"""Static rules, a module a subject: each is a function of a graph and a target that yields findings."""
