//go:build tools

// Package main only pins the module that Alertmanager and amtool are built from (see build.sh).
package main

import (
	_ "github.com/prometheus/alertmanager/cmd/alertmanager"
	_ "github.com/prometheus/alertmanager/cmd/amtool"
)
