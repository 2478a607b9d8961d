"""Dashboards in code: one module each, of panels by the builders of Grafana's Foundation SDK."""
