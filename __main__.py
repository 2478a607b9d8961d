"""The Pulumi program: a stack's settings become its infrastructure, whose addresses and keys become its outputs."""

import pulumi

from stacks import configuration, host, sdk_debug, target

sdk_debug.drop_unless_wanted()
settings, secrets = configuration.load()

kind = target if settings.kind == "target" else host
for name, value in kind.build(settings, secrets).items():
    pulumi.export(name, value)
