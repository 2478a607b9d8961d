package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// provisioned is what Grafana would have in its database because of files.
type provisioned struct {
	Sources    []source
	Dashboards []dashboard
}

// source is a data source, with the keys of its file and of the API.
type source struct {
	Name      string         `yaml:"name" json:"name"`
	Type      string         `yaml:"type" json:"type"`
	UID       string         `yaml:"uid" json:"uid"`
	URL       string         `yaml:"url" json:"url"`
	Access    string         `yaml:"access" json:"access"`
	IsDefault bool           `yaml:"isDefault" json:"isDefault"`
	JSONData  map[string]any `yaml:"jsonData" json:"jsonData"`
}

type provider struct {
	Name    string `yaml:"name"`
	Type    string `yaml:"type"`
	Options struct {
		Path string `yaml:"path"`
	} `yaml:"options"`
}

// document is a file of either kind.
type document struct {
	APIVersion  int        `yaml:"apiVersion"`
	Datasources []source   `yaml:"datasources"`
	Providers   []provider `yaml:"providers"`
}

// readProvisioning reads the folders of Grafana's provisioning; each mistake is one line of the error.
func readProvisioning(folder string) (provisioned, error) {
	var found provisioned
	problems := eachDocument(filepath.Join(folder, "datasources"), func(read document) error {
		found.Sources = append(found.Sources, read.Datasources...)
		return checkSources(read)
	})
	problems = append(problems, checkUnique(found.Sources)...)
	problems = append(problems, eachDocument(filepath.Join(folder, "dashboards"), func(read document) error {
		dashboards, err := readProviders(read.Providers, found.Sources)
		found.Dashboards = append(found.Dashboards, dashboards...)
		return err
	})...)
	return found, errors.Join(append(problems, checkDashboards(found.Dashboards)...)...)
}

// eachDocument gives every YAML file of a folder to `use`, and says of which file a mistake is.
func eachDocument(folder string, use func(document) error) []error {
	var problems []error
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return []error{err}
	}
	for _, file := range files {
		if !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(file)) {
			continue
		}
		var read document
		content, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(content, &read)
		}
		if err == nil && read.APIVersion != 1 {
			err = errors.New("apiVersion is not 1")
		}
		if err == nil {
			err = use(read)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
	}
	return problems
}

// missing names the fields that are empty, as an error, or nil.
func missing(what string, fields map[string]string) error {
	var empty []string
	for field, value := range fields {
		if value == "" {
			empty = append(empty, field)
		}
	}
	if len(empty) == 0 {
		return nil
	}
	slices.Sort(empty)
	return fmt.Errorf("%s lacks %s", what, strings.Join(empty, ", "))
}

func checkSources(read document) error {
	var problems []error
	if len(read.Datasources) == 0 {
		problems = append(problems, errors.New("there are no datasources"))
	}
	for _, each := range read.Datasources {
		fields := map[string]string{"name": each.Name, "type": each.Type, "uid": each.UID, "url": each.URL}
		problems = append(problems, missing(fmt.Sprintf("datasource %q", each.Name), fields))
		if !slices.Contains([]string{"", "proxy", "direct"}, each.Access) {
			problems = append(problems, fmt.Errorf("datasource %q: access is %q, not proxy or direct", each.Name, each.Access))
		}
	}
	return errors.Join(problems...)
}

func checkUnique(sources []source) []error {
	var problems []error
	seen, defaults := map[string]bool{}, 0
	for _, each := range sources {
		for _, key := range []string{"uid " + each.UID, "name " + each.Name} {
			if seen[key] {
				problems = append(problems, fmt.Errorf("two datasources have the %s", key))
			}
			seen[key] = true
		}
		if each.IsDefault {
			defaults++
		}
	}
	if defaults > 1 {
		problems = append(problems, fmt.Errorf("%d datasources are the default", defaults))
	}
	return problems
}
