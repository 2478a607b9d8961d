package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const version = "1-standin"

const page = `<!doctype html><title>Grafana stand-in</title>
<p>This is not Grafana but a stand-in for it, used where its image cannot be had: it checks what is provisioned, and draws nothing.</p>
`

// server answers as Grafana does, as far as it is asked without a browser.
type server struct {
	settings    settings
	users       database
	provisioned provisioned
	routes      *http.ServeMux
}

func newServer(read settings, users database, found provisioned) *server {
	made := &server{settings: read, users: users, provisioned: found, routes: http.NewServeMux()}
	made.routes.HandleFunc("/api/health", func(answer http.ResponseWriter, _ *http.Request) {
		reply(answer, http.StatusOK, map[string]string{"database": "ok", "version": version, "commit": "none"})
	})
	made.routes.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprint(answer, "Ok") })
	made.routes.HandleFunc("/metrics", made.metrics)
	made.routes.HandleFunc("/api/search", made.authenticated(made.search))
	made.routes.HandleFunc("/api/datasources", made.authenticated(func(answer http.ResponseWriter, _ *http.Request) {
		reply(answer, http.StatusOK, append([]source{}, found.Sources...))
	}))
	made.routes.HandleFunc("/api/dashboards/uid/{uid}", made.authenticated(made.dashboard))
	made.routes.HandleFunc("PUT /api/user/password", made.authenticated(made.changePassword))
	made.routes.HandleFunc("/api/", made.authenticated(func(answer http.ResponseWriter, _ *http.Request) {
		reply(answer, http.StatusNotFound, message("Not found"))
	}))
	made.routes.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(answer, page)
	})
	return made
}

// ServeHTTP takes the sub path away. Without it, Grafana answers its API, and sends everything else to its root URL.
func (s *server) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	rest, within := strings.CutPrefix(request.URL.Path, s.settings.subPath)
	if within = within && (rest == "" || rest[0] == '/'); within {
		request.URL.Path = "/" + strings.TrimPrefix(rest, "/")
	} else if !strings.HasPrefix(request.URL.Path, "/api") {
		target := strings.TrimRight(s.settings.rootURL.String(), "/") + request.URL.RequestURI()
		http.Redirect(answer, request, target, http.StatusMovedPermanently)
		return
	}
	s.routes.ServeHTTP(answer, request)
}

func message(text string) map[string]string { return map[string]string{"message": text} }

func reply(answer http.ResponseWriter, status int, content any) {
	answer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	answer.WriteHeader(status)
	json.NewEncoder(answer).Encode(content)
}

func (s *server) authenticated(next http.HandlerFunc) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		name, password, given := request.BasicAuth()
		if !given {
			reply(answer, http.StatusUnauthorized, message("Unauthorized"))
		} else if _, known := s.users.find(name, password); !known {
			reply(answer, http.StatusUnauthorized, message("Invalid username or password"))
		} else {
			next(answer, request)
		}
	}
}

// changePassword is what people do by hand.
func (s *server) changePassword(answer http.ResponseWriter, request *http.Request) {
	var wanted struct{ OldPassword, NewPassword string }
	name, password, _ := request.BasicAuth()
	found, _ := s.users.find(name, password)
	if json.NewDecoder(request.Body).Decode(&wanted) != nil || wanted.OldPassword != password || len(wanted.NewPassword) < shortest {
		reply(answer, http.StatusBadRequest, message("Invalid old password, or a new one that is too short"))
		return
	}
	known, err := s.users.read()
	if err == nil {
		place := slices.IndexFunc(known, func(one user) bool { return one.ID == found.ID })
		known[place].Digest = digestOf(name, wanted.NewPassword)
		err = s.users.write(known)
	}
	if err != nil {
		reply(answer, http.StatusInternalServerError, message(err.Error()))
		return
	}
	reply(answer, http.StatusOK, message("User password changed"))
}

func (s *server) search(answer http.ResponseWriter, request *http.Request) {
	found := []map[string]string{}
	for _, each := range s.provisioned.Dashboards {
		if strings.Contains(strings.ToLower(each.Title), strings.ToLower(request.FormValue("query"))) {
			address := s.settings.subPath + "/d/" + each.UID
			found = append(found, map[string]string{"uid": each.UID, "title": each.Title, "type": "dash-db", "url": address})
		}
	}
	reply(answer, http.StatusOK, found)
}

func (s *server) dashboard(answer http.ResponseWriter, request *http.Request) {
	for _, each := range s.provisioned.Dashboards {
		if each.UID == request.PathValue("uid") {
			reply(answer, http.StatusOK, map[string]any{"meta": map[string]any{"provisioned": true}, "dashboard": each.raw})
			return
		}
	}
	reply(answer, http.StatusNotFound, message("Dashboard not found"))
}

func (s *server) metrics(answer http.ResponseWriter, _ *http.Request) {
	answer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for _, line := range []string{
		"# TYPE grafana_build_info gauge", fmt.Sprintf("grafana_build_info{edition=\"standin\",version=%q} 1", version),
		"# TYPE grafana_stat_totals_dashboard gauge", fmt.Sprintf("grafana_stat_totals_dashboard %d", len(s.provisioned.Dashboards)),
	} {
		io.WriteString(answer, line+"\n")
	}
}
