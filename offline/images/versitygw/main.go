//go:build tools

// Package main only pins the module that versitygw is built from (see build.sh).
package main

import _ "github.com/versity/versitygw/cmd/versitygw"
