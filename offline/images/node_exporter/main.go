//go:build tools

// Package main only pins the module that node_exporter is built from (see build.sh).
package main

import _ "github.com/prometheus/node_exporter"
