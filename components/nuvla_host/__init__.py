"""Requirements of Nuvla's own services on the machines of a host."""

from components.manifest import DefaultImage, HostTraces, Manifest, Monitored, StoredData

MANIFEST = Manifest(
    feature="elasticsearch",
    images={
        "elasticsearch_exporter": DefaultImage(
            reference="prometheuscommunity/elasticsearch-exporter:v1.7.0",
            description="exporter of metrics of a host's Elasticsearch",
            service="elasticsearch-exporter",
        )
    },
    data={
        "db": StoredData(
            description="data of a host's database, on the machine labelled type=worker-db",
            owner="1000:1000",
            kinds=["host"],
            label="worker-db",
        ),
        "streams": StoredData(
            description="data of a host's streams, on the machine labelled type=worker-streams",
            owner="1000:1000",
            kinds=["host"],
            label="worker-streams",
        ),
    },
    host_traces=HostTraces(added=["/etc/sysctl.d/90-nuvla-swarm.conf"]),
    monitoring=Monitored(rules=["elasticsearch"], scrape="elasticsearch"),
)
