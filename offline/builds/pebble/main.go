//go:build tools

// Package main only pins the module that pebble is built from (see build.sh).
package main

import (
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble"
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv"
)
