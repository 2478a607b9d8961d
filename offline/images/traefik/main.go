//go:build tools

// Package main only pins the module that Traefik is built from (see build.sh).
package main

import _ "github.com/traefik/traefik/v3/cmd/traefik"
