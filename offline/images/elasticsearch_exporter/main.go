//go:build tools

// Package main only pins the module that elasticsearch_exporter is built from (see build.sh).
package main

import _ "github.com/prometheus-community/elasticsearch_exporter"
