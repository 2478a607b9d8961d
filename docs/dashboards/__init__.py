"""Pictures of the dashboards for the docs, drawn from the live Prometheus of a stack."""
