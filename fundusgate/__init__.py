"""fundusgate: published fundus-image-quality models on a portable camera.

A photograph goes in; a verdict, a map of where anatomy cannot be seen, one reason and one prompt come out, while
the patient is still there. See ``fundusgate.runtime`` for the part that a camera embeds.
"""

__version__ = "0.1.0"
