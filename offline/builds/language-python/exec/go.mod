// Only for the script python/cmd/pulumi-language-python-exec of this module: the language host's own is too old for the SDK.
module nuvla-swarm.local/language-python-exec

go 1.25.0

require github.com/pulumi/pulumi/sdk/v3 v3.260.0
