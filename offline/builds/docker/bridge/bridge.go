// Package bridge says how the Terraform provider for Docker becomes the Pulumi plugin "docker", as pulumi-docker 5.2.0 says it.
package bridge

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

const (
	Name    = "docker"
	Version = "5.2.0"
)

// resource is the token of a type, for example docker:index/container:Container.
func resource(name string) tokens.Type {
	file := strings.ToLower(name[:1]) + name[1:]
	return tokens.Type(Name + ":index/" + file + ":" + name)
}

// Provider describes the seven types that this project uses; all others of pulumi-docker are left out.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                shimv2.NewProvider(provider.New(Version)()),
		Name:             Name,
		Version:          Version,
		GitHubOrg:        "kreuzwerker",
		UpstreamRepoPath: ".", // documentation is not looked for elsewhere
		MetadataInfo:     tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				ComputeDefault: func(context.Context, tfbridge.ComputeDefaultOptions) (any, error) {
					return "unix:///var/run/docker.sock", nil
				},
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: resource("ServiceConfig")},
			"docker_container": {
				Tok:                 resource("Container"),
				DeleteBeforeReplace: true,
				Fields: map[string]*tfbridge.SchemaInfo{ // neither is made plural
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_image": {
				Tok:    resource("RemoteImage"),
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}, // not auto-named
			},
			"docker_network": {Tok: resource("Network")},
			"docker_secret":  {Tok: resource("Secret")},
			"docker_service": {Tok: resource("Service")},
			"docker_volume":  {Tok: resource("Volume")},
		},
		IgnoreMappings: []string{
			"docker_buildx_builder", "docker_image", "docker_logs", "docker_network", "docker_plugin",
			"docker_registry_image", "docker_registry_image_manifests", "docker_tag",
		},
	}
	info.SetAutonaming(255, "-")
	return info
}
