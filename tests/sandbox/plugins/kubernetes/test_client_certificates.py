"""TLS both ways, against a server that asks for a client certificate."""

import base64
import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.plugins.kubernetes.cluster import Cluster, UnreachableError
from sandbox.plugins.kubernetes.kubeconfig import Target


@dataclass(frozen=True)
class Authority:
    """A certificate authority that lives as long as a test."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @classmethod
    def make(cls) -> "Authority":
        return cls(ec.generate_private_key(ec.SECP256R1()), _name("authority"))

    @property
    def pem(self) -> str:
        return self._certificate(self.name, self.key.public_key(), authority=True)

    def issue(self, name: str) -> tuple[str, str]:
        """A certificate and its key, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._certificate(_name(name), key.public_key(), authority=False), encoded.decode()

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool) -> str:
        now = dt.datetime.now(dt.timezone.utc)
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        usage = x509.KeyUsage(
            digital_signature=not authority,
            key_cert_sign=authority,
            crl_sign=authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        own, issuer = x509.SubjectKeyIdentifier.from_public_key, x509.AuthorityKeyIdentifier.from_issuer_public_key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(own(key), critical=False)
            .add_extension(issuer(self.key.public_key()), critical=False)
        )
        if not authority:
            builder = builder.add_extension(address, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        connection: Any = self.connection
        subject = dict(entry[0] for entry in connection.getpeercert()["subject"])
        body = json.dumps({"gitVersion": subject["commonName"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def authority() -> Authority:
    return Authority.make()


@pytest.fixture
def server(authority: Authority, written: Any) -> Iterator[str]:
    """A server that answers with the name in the client's certificate."""
    certificate, key = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(written("server.pem", certificate + key))
    listening = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{listening.server_address[1]}"
    listening.shutdown()
    thread.join()
    listening.server_close()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def cluster(server: str, authority: str, user: dict[str, Any], **more: Any) -> Cluster:
    return Cluster(Target(server, "default", {"certificate-authority-data": encoded(authority), **more}, user))


def test_the_server_sees_the_client_and_no_key_is_left_behind(
    server: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    certificate, key = authority.issue("alice")
    user = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    assert cluster(server, authority.pem, user).version() == "alice"
    assert not list(scratch.iterdir())


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_another_authoritys_server_is_not_trusted(server: str, authority: Authority) -> None:
    certificate, key = authority.issue("alice")
    user = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    stranger = Authority.make().pem
    with pytest.raises(UnreachableError, match="does not answer"):
        cluster(server, stranger, user).version()
    assert Cluster(Target(server, "default", {"insecure-skip-tls-verify": True}, user)).version() == "alice"


def test_a_certificate_that_is_none_is_told_without_its_text(server: str, authority: Authority) -> None:
    user = {"client-certificate-data": encoded("hush"), "client-key-data": encoded("hush")}
    with pytest.raises(UnreachableError, match="certificate of the kubeconfig cannot be used") as failure:
        cluster(server, authority.pem, user).version()
    assert "hush" not in str(failure.value)
