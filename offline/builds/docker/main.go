// Command pulumi-resource-docker is the plugin of pulumi-docker 5.2.0, made from the same upstream provider.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"github.com/terraform-providers/terraform-provider-docker/plugin/bridge"
)

//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(bridge.Name, bridge.Version, bridge.Provider(), schema)
}
