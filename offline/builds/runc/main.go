//go:build tools

// Package main only pins the module that runc is built from (see build.sh).
package main

import _ "github.com/opencontainers/runc"
