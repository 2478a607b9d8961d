//go:build tools

// Package main only pins the module that actionlint is built from (see build.sh).
package main

import _ "github.com/rhysd/actionlint/cmd/actionlint"
