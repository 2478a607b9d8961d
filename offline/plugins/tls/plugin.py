"""``tls``: keys, certificate requests and certificates that live in the state alone.

Sources: terraform-provider-tls ``internal/provider``, as pulumi-tls bridges it.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from standin.check import Failure
from standin.diff import Change, Kind, changes
from standin.provider import Provider, version_of
from standin.resource import Call, Resource, State
from standin.values import UNKNOWN, Values, has_unknown, plain
from tls import renewal
from tls.declared import CERT_REQUEST, LOCALLY_SIGNED_CERT, PRIVATE_KEY, PROXY, SELF_SIGNED_CERT

if TYPE_CHECKING:  # cryptography takes 0.1 s to import, and most requests make nothing
    from tls.x509 import Issued


class _Bridged(Resource):
    """Base of the four types: every change replaces the resource, and defaults are outputs, not inputs."""

    defaults: ClassVar[Values] = {}
    key: ClassVar[str] = ""  # the private key that it needs, or its write-only twin, which the stand-in refuses

    def problems(self, inputs: Values) -> list[Failure]:
        missing = [self.key] if self.key and self.key not in inputs else []
        return [Failure(name, f"{self.schema.token} needs the property {name!r}") for name in missing]

    def planned(self, new: Values) -> Values:
        """The inputs with the defaults that the state will have."""
        return {**self.defaults, **new}

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        """Compared with the state, as bridged plugins do: leaving out a default is no change."""
        state = {name: value for name, value in plain(old.outputs).items() if name in self.schema.inputs}
        planned = plain(self.planned(new))
        if "maxPathLength" in state:
            planned.setdefault("maxPathLength", state["maxPathLength"])
        return [Change(c.path, c.kind, replaces=c.top != "earlyRenewalHours") for c in changes(state, planned, ignored)]

    def update(self, call: Call, old: State, new: Values) -> Values:
        del call
        return old.outputs | self.planned(new)

    def preview_create(self, inputs: Values) -> Values:
        return dict.fromkeys(self.schema.computed, UNKNOWN) | self.planned(inputs)

    def preview_update(self, old: State, new: Values) -> Values:
        return old.outputs | self.planned(new)


class PrivateKey(_Bridged):
    """A private key in every format."""

    schema = PRIVATE_KEY
    defaults: ClassVar[Values] = {"rsaBits": 2048, "ecdsaCurve": "P224"}  # in the state whatever the algorithm

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from tls import keys

        given = self.planned(plain(inputs))
        key = keys.made(given["algorithm"], given["rsaBits"], given["ecdsaCurve"])
        return (found := keys.identity(key)), self.planned(inputs) | keys.outputs(key) | {"id": found}


class CertRequest(_Bridged):
    """A certificate request."""

    schema = CERT_REQUEST
    key = "privateKeyPem"

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from cryptography.hazmat.primitives.serialization import Encoding

        from tls import keys, x509

        given = plain(inputs)
        key = keys.read(given["privateKeyPem"], "private key PEM")
        made = x509.request(given, key)
        found = hashlib.sha1(made.public_bytes(Encoding.DER).strip()).hexdigest()
        text = made.public_bytes(Encoding.PEM).decode()
        return found, inputs | {"certRequestPem": text, "keyAlgorithm": keys.algorithm(key), "id": found}


class _Certificate(_Bridged):
    """A certificate: replaced when its early renewal has begun."""

    defaults: ClassVar[Values] = {"earlyRenewalHours": 0, "isCaCertificate": False, "setSubjectKeyId": False}

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        found, planned = super().diff(old, new, ignored), self.planned(new)
        state = plain(old.outputs)
        if has_unknown(planned.get("earlyRenewalHours")) or has_unknown(planned["validityPeriodHours"]):
            return found
        wanted = plain(planned)
        is_due = renewal.due(state | {"earlyRenewalHours": wanted["earlyRenewalHours"]})
        if is_due or state.get("readyForRenewal") != renewal.at_once(wanted):
            found.append(Change("readyForRenewal", Kind.UPDATE, replaces=is_due))
        return found

    def update(self, call: Call, old: State, new: Values) -> Values:
        return super().update(call, old, new) | {"readyForRenewal": renewal.at_once(plain(self.planned(new)))}

    def read(self, old: State) -> State:
        if not renewal.due(plain(old.outputs)):
            return old
        return State(old.id, old.inputs, old.outputs | {"readyForRenewal": True})

    def finished(self, inputs: Values, issued: "Issued") -> tuple[str, Values]:
        """Its id and outputs."""
        return issued.serial, self.planned(inputs) | {
            "id": issued.serial,
            "certPem": issued.pem,
            "readyForRenewal": renewal.at_once(plain(self.planned(inputs))),
            "validityStartTime": renewal.text(issued.start),
            "validityEndTime": renewal.text(issued.end),
        }


class SelfSignedCert(_Certificate):
    """A certificate that its own key signs."""

    schema = SELF_SIGNED_CERT
    key = "privateKeyPem"
    defaults: ClassVar[Values] = _Certificate.defaults | {"setAuthorityKeyId": False}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from tls import keys, x509

        given = plain(inputs)
        key = keys.read(given["privateKeyPem"], "private key PEM")
        subject = x509.subject(given, key)
        identity, outputs = self.finished(inputs, x509.issue(given, subject, x509.Issuer(subject.name, key)))
        return identity, outputs | {"keyAlgorithm": keys.algorithm(key)}


class LocallySignedCert(_Certificate):
    """A certificate that an authority signs for a request."""

    schema = LOCALLY_SIGNED_CERT
    key = "caPrivateKeyPem"

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from tls import keys, x509

        given = plain(inputs)
        subject = x509.requested(given["certRequestPem"])
        key = keys.read(given["caPrivateKeyPem"], "CA private key PEM")
        authority = x509.issuer(given["caCertPem"], key)
        if authority.certificate and not x509.is_authority(authority.certificate):
            call.log("WARNING", "The certificate given as authority does not say that it is one.", False)
        identity, outputs = self.finished(inputs, x509.issue(given, subject, authority))
        return identity, outputs | {"caKeyAlgorithm": keys.algorithm(key)}


PROVIDER: Final = Provider(
    name="tls",
    version=version_of(Path(__file__).resolve().parent),
    resources=(PrivateKey(), CertRequest(), SelfSignedCert(), LocallySignedCert()),
    config={"proxy": PROXY},  # for a data source that the stand-in does not have
)
