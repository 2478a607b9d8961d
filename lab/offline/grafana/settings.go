package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
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

// readSettings reads the variables; where NAME__FILE is set, the value stands in that file.
func readSettings(getenv func(string) string, readFile func(string) ([]byte, error)) (settings, error) {
	var problems []error
	value := func(name, otherwise string) string {
		plain, file := getenv(name), getenv(name+"__FILE")
		switch {
		case plain != "" && file != "":
			problems = append(problems, fmt.Errorf("both %s and %s__FILE are set", name, name))
		case file != "":
			content, err := readFile(file)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s__FILE: %w", name, err))
			}
			return strings.TrimRight(string(content), "\n")
		case plain != "":
			return plain
		}
		return otherwise
	}
	read := settings{
		port:         value("GF_SERVER_HTTP_PORT", "3000"),
		provisioning: value("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning"),
		data:         value("GF_PATHS_DATA", "/var/lib/grafana"),
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
	// Grafana itself would take "admin".
	if read.password == "" {
		problems = append(problems, errors.New("GF_SECURITY_ADMIN_PASSWORD and GF_SECURITY_ADMIN_PASSWORD__FILE are both empty"))
	}
	if value("GF_SMTP_ENABLED", "false") == "true" {
		if _, _, err := net.SplitHostPort(value("GF_SMTP_HOST", "localhost:25")); err != nil {
			problems = append(problems, fmt.Errorf("GF_SMTP_HOST is not <host>:<port>: %w", err))
		}
		if _, err := mail.ParseAddress(value("GF_SMTP_FROM_ADDRESS", "admin@grafana.localhost")); err != nil {
			problems = append(problems, fmt.Errorf("GF_SMTP_FROM_ADDRESS is no address: %w", err))
		}
		value("GF_SMTP_PASSWORD", "") // its file, if it has one, must be there
	}
	return read, errors.Join(problems...)
}

// login is what requests must bring, as a digest.
type login string

func loginOf(user, password string) login {
	digest := sha256.Sum256([]byte(user + "\x00" + password))
	return login(hex.EncodeToString(digest[:]))
}

// firstAdministrator is the login that the data folder remembers: as in Grafana, the variables count at the first start only.
func firstAdministrator(read settings) (login, error) {
	file := filepath.Join(read.data, "grafana.db")
	known, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		made := loginOf(read.user, read.password)
		if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
			return "", fmt.Errorf("the data folder cannot be written to: %w", err)
		}
		return made, nil
	}
	return login(known), err
}
