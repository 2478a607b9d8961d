"""S3 over the files that the machines share by NFS."""

from components.manifest import DefaultImage, Manifest, Monitored

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
    monitoring=Monitored(rules=["s3"], scrape="s3", dashboard="nfs-s3"),
)
