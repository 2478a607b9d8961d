"""Deployment of the stacks of services, a module for each."""
