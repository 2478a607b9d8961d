"""The Pulumi program: a stack's settings become its infrastructure, whose addresses and keys become its outputs."""

from stacks import configuration, host, sdk, target

settings, secrets = configuration.load()
kind = target if settings.kind == "target" else host
sdk.run(lambda: kind.build(settings, secrets))
