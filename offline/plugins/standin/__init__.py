"""Shared parts of the stand-ins, provider plugins for places that cannot download the released ones."""
