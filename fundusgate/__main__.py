"""`python -m fundusgate`: the command line where its script is not on the path."""

from fundusgate.cli import app

app(prog_name="fundusgate")
