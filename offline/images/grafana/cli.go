package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

const (
	administrator = 1 // id of the user that the first start makes
	shortest      = 4 // password
)

// command is `grafana cli admin reset-admin-password`: the only one that is used. Like that of Grafana it makes a
// database where there is none, and exits with 0 also where it has changed nothing: its words tell.
// Source: grafana/grafana, pkg/cmd/grafana-cli/commands/reset_password_command.go and commands.go.
func command(words []string, read settings, input io.Reader, output io.Writer) error {
	if len(words) < 2 || words[0] != "admin" || words[1] != "reset-admin-password" {
		return fmt.Errorf("%v given; allowed: admin reset-admin-password", words)
	}
	users, err := openDatabase(read)
	if err != nil {
		return fmt.Errorf("failed to initialize runner: %w", err)
	}
	id, password, err := readReset(words[2:], input, output)
	if err != nil {
		return err
	}
	if len(password) < shortest {
		return errors.New("the new password doesn't meet the password policy criteria")
	}
	known, err := users.read()
	if err != nil {
		return err
	}
	place := slices.IndexFunc(known, func(one user) bool { return one.ID == id })
	if place < 0 {
		fmt.Fprint(output, "\nAdmin user cannot be found ✘. \n\nPlease try to run the command again specifying a user-id (--user-id) from the list below:\n")
		for _, one := range known {
			if one.Admin {
				fmt.Fprintf(output, "\t Username: %s ID: %d\n", one.Login, one.ID)
			}
		}
		return nil
	}
	if !known[place].Admin {
		return nil
	}
	known[place].Digest = digestOf(known[place].Login, password)
	if err := users.write(known); err != nil {
		return fmt.Errorf("failed to update user password: %w", err)
	}
	fmt.Fprint(output, "\nAdmin password changed successfully ✔\n")
	return nil
}

// readReset is whose password it shall be, and which.
func readReset(words []string, input io.Reader, output io.Writer) (int, string, error) {
	id, password, byInput := administrator, "", false
	for len(words) > 0 {
		switch word := words[0]; {
		case word == "--password-from-stdin":
			byInput = true
		case word == "--user-id" && len(words) > 1:
			given, err := strconv.Atoi(words[1])
			if err != nil {
				return 0, "", err
			}
			id, words = given, words[1:]
		default:
			password = word
		}
		words = words[1:]
	}
	if !byInput {
		return id, password, nil
	}
	fmt.Fprint(output, "New Password: ")
	lines := bufio.NewScanner(input)
	if !lines.Scan() {
		return 0, "", errors.New("can't read password from stdin")
	}
	return id, lines.Text(), nil
}
