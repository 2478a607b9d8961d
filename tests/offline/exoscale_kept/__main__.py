"""A volume that stays when the stack is destroyed, or that is taken over by its id."""

import pulumi
import pulumiverse_exoscale as exoscale

ZONE = "ch-gva-2"

config = pulumi.Config()
adopted = config.get("adopt")
provider = exoscale.Provider("cloud", key=config.require("key"), secret="of-a-test")
volume = exoscale.BlockStorageVolume(
    "data",
    zone=ZONE,
    size=config.get_int("size") or 3,
    labels={"made-by": "test"},
    opts=pulumi.ResourceOptions(
        provider=provider,
        retain_on_delete=config.get_bool("keep"),
        import_=f"{adopted}@{ZONE}" if adopted else None,
        ignore_changes=(config.get("ignore") or "").split(",") if adopted else None,
    ),
)
pulumi.export("volume", volume.id)
