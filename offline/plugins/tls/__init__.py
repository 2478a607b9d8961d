"""The stand-in of `tls`: keys and certificates."""
