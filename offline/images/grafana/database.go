package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// user is one that may log in.
type user struct {
	ID     int    `json:"id"`
	Login  string `json:"login"`
	Admin  bool   `json:"admin"`
	Digest string `json:"digest"` // of name and password
}

// database is the file that outlives the process: the server reads it at each request, so that it sees what a command
// has changed meanwhile.
type database string

// openDatabase is that of the data folder. As in Grafana, the variables count where it is new, and never again.
// Source: grafana/grafana, pkg/services/sqlstore/sqlstore.go, ensureMainOrgAndAdminUser.
func openDatabase(read settings) (database, error) {
	file := database(filepath.Join(read.data, "grafana.db"))
	// The stand-in of before kept nothing but the digest of its one user.
	if old, err := os.ReadFile(string(file)); err == nil && len(old) == hex.EncodedLen(sha256.Size) {
		return file, file.write([]user{{ID: administrator, Login: read.user, Admin: true, Digest: string(old)}})
	}
	known, err := file.read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if len(known) > 0 {
		return file, nil
	}
	password := read.password
	if password == "" {
		password = "admin"
	}
	first := user{ID: administrator, Login: read.user, Admin: true, Digest: digestOf(read.user, password)}
	if err := os.MkdirAll(read.data, 0o755); err != nil {
		return "", err
	}
	if err := file.write([]user{first}); err != nil {
		return "", fmt.Errorf("the data folder cannot be written to: %w", err)
	}
	return file, nil
}

func (d database) read() ([]user, error) {
	content, err := os.ReadFile(string(d))
	if err != nil || len(content) == 0 {
		return nil, err
	}
	var known []user
	if err := json.Unmarshal(content, &known); err != nil {
		return nil, fmt.Errorf("%s is no database: %w", d, err)
	}
	return known, nil
}

func (d database) write(known []user) error {
	content, err := json.Marshal(known)
	if err != nil {
		return err
	}
	if err := os.WriteFile(string(d)+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(string(d)+".new", string(d))
}

// find is the user who has this name and password.
func (d database) find(name, password string) (user, bool) {
	known, err := d.read()
	if err != nil {
		return user{}, false
	}
	digest := digestOf(name, password)
	place := slices.IndexFunc(known, func(one user) bool { return one.Login == name && one.Digest == digest })
	if place < 0 {
		return user{}, false
	}
	return known[place], true
}

func digestOf(name, password string) string {
	digest := sha256.Sum256([]byte(name + "\x00" + password))
	return hex.EncodeToString(digest[:])
}
