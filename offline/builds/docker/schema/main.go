// Command schema prints the schema that the plugin embeds.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/terraform-providers/terraform-provider-docker/plugin/bridge"
)

func main() {
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo: bridge.Provider(), DiagnosticsSink: sink, XInMemoryDocs: true,
	})
	if err != nil {
		log.Fatalf("schema of the plugin docker: %v", err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result.PackageSpec); err != nil {
		log.Fatalf("schema of the plugin docker: %v", err)
	}
}
