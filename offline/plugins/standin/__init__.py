"""Shared parts of the provider plugins that stand in where the released ones cannot be had."""
