"""One command-line command a module; each imports its room only when it runs."""
