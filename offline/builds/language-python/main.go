//go:build tools

// Package main only pins the module that the Python language host is built from (see build.sh).
package main

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
