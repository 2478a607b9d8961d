"""S3 over the files that the machines share by NFS."""

from components.manifest import DefaultImage, Manifest, Monitored, PublishedService

NAME = "s3"  # service of the front, which Traefik publishes
CONSOLE_PATH = "/minio"  # as in Nuvla's administrator guide, in bookmarks and in Nuvla's documentation

MANIFEST = Manifest(
    feature="s3",
    images={
        "versitygw": DefaultImage(
            reference="versity/versitygw:v1.8.0", description="Versity gateway, S3 over files", service="s3-gateway"
        ),
        "openresty": DefaultImage(
            reference="openresty/openresty:1.29.2.5-0-alpine",
            description="OpenResty, the proxy in front of the S3 gateway",
            service="s3",
        ),
    },
    published=[PublishedService(name=NAME, path=CONSOLE_PATH, feature="s3")],
    monitoring=Monitored(rules=["s3"], scrape="s3", dashboard="nfs-s3"),
)
