// Command grafana stands in for Grafana where that cannot be had: it reads the same variables, refuses the files that
// Grafana could not use, and answers what is asked of it without a browser. It draws nothing.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "grafana stand-in:", err)
		os.Exit(1)
	}
}

// run is one of the two commands of the real one that are used.
func run(arguments []string, input io.Reader, output io.Writer) error {
	if len(arguments) == 0 {
		return errors.New("allowed commands: server, cli")
	}
	given, rest := readOptions(arguments[1:])
	read, err := readSettings(given, os.Getenv, os.ReadFile)
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "server":
		return serve(read)
	case "cli":
		return command(rest, read, input, output)
	}
	return fmt.Errorf("%q given; allowed commands: server, cli", arguments[0])
}

// readOptions are the options in front of a command, as `--name=value` or `--name value`, and what follows them.
func readOptions(arguments []string) (map[string]string, []string) {
	given := map[string]string{}
	for len(arguments) > 0 && strings.HasPrefix(arguments[0], "--") {
		name, value, joined := strings.Cut(strings.TrimPrefix(arguments[0], "--"), "=")
		arguments = arguments[1:]
		if !joined && len(arguments) > 0 {
			value, arguments = arguments[0], arguments[1:]
		}
		given[name] = value
	}
	return given, arguments
}

func serve(read settings) error {
	// Grafana itself would take "admin".
	if read.password == "" {
		return errors.New("GF_SECURITY_ADMIN_PASSWORD is empty")
	}
	provisioned, err := readProvisioning(read.provisioning)
	if err != nil {
		return err
	}
	users, err := openDatabase(read)
	if err != nil {
		return err
	}
	fmt.Printf("grafana stand-in: %d data sources, %d dashboards, under %q\n",
		len(provisioned.Sources), len(provisioned.Dashboards), read.subPath)
	return http.ListenAndServe(":"+read.port, newServer(read, users, provisioned))
}
