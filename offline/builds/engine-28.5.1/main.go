//go:build tools

// Package main only pins the modules that Docker's engine and client are built from (see build.sh).
package main

import (
	_ "github.com/docker/cli/cmd/docker"
	_ "github.com/docker/docker/cmd/docker-proxy"
	_ "github.com/docker/docker/cmd/dockerd"
)
