//go:build tools

// Package main only pins the module that Prometheus and promtool are built from (see build.sh).
package main

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
