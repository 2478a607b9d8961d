"""The stand-in of `random`: passwords and strings."""
