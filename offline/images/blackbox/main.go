//go:build tools

// Package main only pins the module that blackbox_exporter is built from (see build.sh).
package main

import _ "github.com/prometheus/blackbox_exporter"
