// Command grafana stands in for Grafana where that cannot be had: it reads the same variables, refuses the files that
// Grafana could not use, and answers what is asked of it without a browser. It draws nothing.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "grafana stand-in:", err)
		os.Exit(1)
	}
}

func run() error {
	settings, err := readSettings(os.Getenv, os.ReadFile)
	if err != nil {
		return err
	}
	provisioned, err := readProvisioning(settings.provisioning)
	if err != nil {
		return err
	}
	administrator, err := firstAdministrator(settings)
	if err != nil {
		return err
	}
	fmt.Printf("grafana stand-in: %d data sources, %d dashboards, under %q\n",
		len(provisioned.Sources), len(provisioned.Dashboards), settings.subPath)
	return http.ListenAndServe(":"+settings.port, newServer(settings, administrator, provisioned))
}
