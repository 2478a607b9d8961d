"""The stand-in of `command`: commands over SSH."""
