//go:build tools

// Package main only pins the module that the Pulumi CLI is built from (see build.sh).
package main

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
