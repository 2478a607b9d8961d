"""The Pulumi program: a stack's settings become its infrastructure, whose addresses and keys become its outputs."""

import pulumi

from stacks import configuration, target

settings, secrets = configuration.load()

for name, value in target.build(settings, secrets).items():
    pulumi.export(name, value)
