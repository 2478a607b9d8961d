"""What runs on a swarm: one module for each stack of services, which deploys it."""
