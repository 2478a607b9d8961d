"""Settings of what the services run."""

from pydantic import Field

from components.fields import Image, Section


class Images(Section):
    """What the services run. The defaults are pinned here and nowhere else."""

    traefik: Image = Field("traefik:v3.7.14", description="Traefik; 3.6.1 or newer for Docker Engine 29")
    haproxy: Image = Field("haproxy:3.4.6-alpine", description="HAProxy, the read-only proxy of Docker's API")
    prometheus: Image = Field("prom/prometheus:v3.15.0", description="Prometheus 3")
    alertmanager: Image = Field("prom/alertmanager:v0.34.1", description="Alertmanager")
    grafana: Image = Field("grafana/grafana:13.2.3", description="Grafana, which shows the metrics")
    node_exporter: Image = Field("prom/node-exporter:v1.12.1", description="exporter of a machine's own metrics")
    cadvisor: Image = Field("ghcr.io/google/cadvisor:v0.60.6", description="exporter of containers' metrics")
    blackbox: Image = Field("prom/blackbox-exporter:v0.28.0", description="exporter that probes services from outside")
    elasticsearch_exporter: Image = Field(
        "prometheuscommunity/elasticsearch-exporter:v1.7.0", description="exporter of a host's database"
    )
    versitygw: Image = Field("versity/versitygw:v1.8.0", description="S3 over plain files")
    openresty: Image = Field(
        "openresty/openresty:1.29.2.5-0-alpine", description="OpenResty, nginx with Lua, which stands before S3"
    )
