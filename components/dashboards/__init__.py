"""Parts of dashboards, built with Grafana's Foundation SDK; each dashboard is a module of the folder that it shows."""
