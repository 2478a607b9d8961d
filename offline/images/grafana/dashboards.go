package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// dashboard is one of a file: what is looked at, and all of it as it stands there.
type dashboard struct {
	UID    string  `json:"uid"`
	Title  string  `json:"title"`
	Panels []panel `json:"panels"`

	file string
	raw  json.RawMessage
}

type panel struct {
	Type       string     `json:"type"`
	Title      string     `json:"title"`
	Datasource *reference `json:"datasource"`
	Targets    []target   `json:"targets"`
	Panels     []panel    `json:"panels"` // of a collapsed row
}

type target struct {
	Datasource *reference `json:"datasource"`
	Expr       string     `json:"expr"`
}

type reference struct {
	UID string `json:"uid"`
}

var (
	noQueries = []string{"row", "text", "news", "dashlist", "welcome", "alertlist", "annolist"}
	builtIn   = []string{"grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --"}
)

// readProviders reads the dashboards of all files below the providers' paths.
func readProviders(providers []provider, sources []source) ([]dashboard, error) {
	var found []dashboard
	var problems []error
	if len(providers) == 0 {
		problems = append(problems, errors.New("there are no providers"))
	}
	for _, each := range providers {
		fields := map[string]string{"name": each.Name, "type": each.Type, "options.path": each.Options.Path}
		if err := missing(fmt.Sprintf("provider %q", each.Name), fields); err != nil {
			problems = append(problems, err)
			continue
		}
		if each.Type != "file" {
			problems = append(problems, fmt.Errorf("provider %q: type is %q, not file", each.Name, each.Type))
		}
		err := filepath.WalkDir(each.Options.Path, func(file string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(file) == ".json" {
				var read dashboard
				if read, err = readDashboard(file, sources); err == nil {
					found = append(found, read)
					return nil
				}
				problems = append(problems, fmt.Errorf("%s: %w", file, err))
				return nil
			}
			return err
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("provider %q: %w", each.Name, err))
		}
	}
	return found, errors.Join(problems...)
}

func readDashboard(file string, sources []source) (dashboard, error) {
	read := dashboard{file: file}
	content, err := os.ReadFile(file)
	if err != nil {
		return read, err
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return read, err
	}
	read.raw = content
	if err := missing("the dashboard", map[string]string{"uid": read.UID, "title": read.Title}); err != nil {
		return read, err
	}
	if len(read.Panels) == 0 {
		return read, errors.New("the dashboard has no panels")
	}
	known := slices.Clone(builtIn)
	for _, each := range sources {
		known = append(known, each.UID)
	}
	return read, errors.Join(checkPanels(read.Panels, known)...)
}

func checkPanels(panels []panel, known []string) []error {
	var problems []error
	for _, each := range panels {
		problems = append(problems, checkPanels(each.Panels, known)...)
		if slices.Contains(noQueries, each.Type) {
			continue
		}
		what := fmt.Sprintf("panel %q", each.Title)
		if each.Type == "" {
			problems = append(problems, fmt.Errorf("%s lacks type", what))
		}
		if len(each.Targets) == 0 {
			problems = append(problems, fmt.Errorf("%s has no targets", what))
		}
		for _, query := range each.Targets {
			source := query.Datasource
			if source == nil {
				source = each.Datasource
			}
			switch {
			case source == nil || source.UID == "":
				problems = append(problems, fmt.Errorf("%s names no datasource uid", what))
			case !slices.Contains(known, source.UID) && !strings.HasPrefix(source.UID, "$"):
				problems = append(problems, fmt.Errorf("%s: no datasource has the uid %q", what, source.UID))
			}
		}
	}
	return problems
}

func checkDashboards(dashboards []dashboard) []error {
	var problems []error
	files := map[string]string{}
	for _, each := range dashboards {
		if other, ok := files[each.UID]; ok {
			problems = append(problems, fmt.Errorf("%s and %s have the same uid %q", other, each.file, each.UID))
		}
		files[each.UID] = each.file
	}
	return problems
}
