"""The Pulumi program: a stack's settings become its infrastructure, whose addresses and keys become its outputs."""

from stacks import configuration, host, sdk, target, transitions

settings, secrets = configuration.load()
kind = target if settings.kind == "target" else host
sdk.run(lambda prior: kind.build(settings, secrets, transitions.checked(settings, prior)))
