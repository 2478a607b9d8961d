package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// settings are those of Grafana's variables that the stand-in honours.
type settings struct {
	port         string
	rootURL      *url.URL
	subPath      string // "" unless Grafana serves under the path of its root URL
	provisioning string
	data         string
	user         string
	password     string
}

// expression is how a value names a file, or another variable, that has the value itself.
// Source: grafana/grafana, pkg/setting/expanders.go.
var expression = regexp.MustCompile(`\$(__file|__env|){([^}]+)}`)

// readSettings reads the variables, and the options in front of a command. The real one reads files of settings too: they
// only have to be there.
func readSettings(given map[string]string, getenv func(string) string, readFile func(string) ([]byte, error)) (settings, error) {
	var problems []error
	value := func(name, otherwise string) string {
		plain := getenv(name)
		if plain == "" {
			return otherwise
		}
		return expression.ReplaceAllStringFunc(plain, func(found string) string {
			parts := expression.FindStringSubmatch(found)
			if parts[1] != "__file" {
				return getenv(parts[2])
			}
			content, err := readFile(parts[2])
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
			return strings.TrimSpace(string(content))
		})
	}
	home := given["homepath"]
	if _, err := readFile(filepath.Join(home, "conf/defaults.ini")); err != nil {
		problems = append(problems, fmt.Errorf("Could not find config defaults, make sure homepath is set: %w", err))
	}
	if config := given["config"]; config != "" {
		if _, err := readFile(config); err != nil {
			problems = append(problems, err)
		}
	}
	read := settings{
		port:         value("GF_SERVER_HTTP_PORT", "3000"),
		provisioning: value("GF_PATHS_PROVISIONING", filepath.Join(home, "conf/provisioning")),
		data:         value("GF_PATHS_DATA", filepath.Join(home, "data")),
		user:         value("GF_SECURITY_ADMIN_USER", "admin"),
		password:     value("GF_SECURITY_ADMIN_PASSWORD", ""),
	}
	root, err := url.Parse(value("GF_SERVER_ROOT_URL", "http://localhost:3000/"))
	if err != nil || root.Host == "" {
		problems = append(problems, fmt.Errorf("GF_SERVER_ROOT_URL is no URL: %q", getenv("GF_SERVER_ROOT_URL")))
		root = &url.URL{}
	}
	read.rootURL = root
	if value("GF_SERVER_SERVE_FROM_SUB_PATH", "false") == "true" {
		read.subPath = strings.TrimRight(root.Path, "/")
	}
	if value("GF_SMTP_ENABLED", "false") == "true" {
		if _, _, err := net.SplitHostPort(value("GF_SMTP_HOST", "localhost:25")); err != nil {
			problems = append(problems, fmt.Errorf("GF_SMTP_HOST is not <host>:<port>: %w", err))
		}
		if _, err := mail.ParseAddress(value("GF_SMTP_FROM_ADDRESS", "admin@grafana.localhost")); err != nil {
			problems = append(problems, fmt.Errorf("GF_SMTP_FROM_ADDRESS is no address: %w", err))
		}
		value("GF_SMTP_PASSWORD", "") // the file that it names must be there
	}
	return read, errors.Join(problems...)
}
