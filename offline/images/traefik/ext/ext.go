// Package ext stands in for a module inside Traefik's own repository, which no proxy has: what Traefik's edition with
// more features adds to its configuration, in this one nothing.
package ext

// HTTP is added to the configuration of HTTP.
type HTTP struct{}

// Router is added to that of a router.
type Router struct{}
