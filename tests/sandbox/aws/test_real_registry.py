"""The sandbox's AWS in front of the real registry, both as processes: what NVCF and a cluster do with a credential."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from policies.ecr_pull import private_pull
from sandbox.aws.account import ACCOUNT_ID, ADMIN_KEY_ID, ADMIN_SECRET
from sandbox.layout import TOOLCHAIN
from sandbox.parts import REGISTRY_BINARY, aws, registry
from sandbox.running import Sandbox
from tests.registry_client import HELM_CONFIG, OCI_INDEX, RegistryClient, RegistryError, digest_of

REGION = "us-west-2"
HOST = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com"
LAYERS = [b"first layer", b"second layer" * 10_000]
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox")
    parts = [registry(TOOLCHAIN / REGISTRY_BINARY, directory / "registry"), aws(0)]
    with Sandbox(directory, parts=parts) as running:
        client(running, "ecr").create_repository(repositoryName="nvcf/app")
        client(running, "ecr").create_repository(repositoryName="nvcf-other/app")
        yield running


def client(sandbox: Sandbox, service: str, key: tuple[str, str] = (ADMIN_KEY_ID, ADMIN_SECRET)) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=sandbox.endpoints["aws"],
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}),
    )


def docker(sandbox: Sandbox, *key: str) -> RegistryClient:
    """A registry client that has logged in with a password of this key; the administrator's without one."""
    ecr = client(sandbox, "ecr", (key[0], key[1])) if key else client(sandbox, "ecr")
    [data] = ecr.get_authorization_token()["authorizationData"]
    return RegistryClient(
        sandbox.endpoints["aws"], token=data["authorizationToken"], host=data["proxyEndpoint"].removeprefix("https://")
    )


@pytest.fixture
def admin(sandbox: Sandbox) -> Iterator[RegistryClient]:
    with docker(sandbox) as registry:
        yield registry


def make_puller(sandbox: Sandbox, name: str) -> tuple[str, str]:
    """A user with the policy that a deployment gives its puller, and its key."""
    iam = client(sandbox, "iam")
    iam.create_user(UserName=name, Path="/nvcf/")
    policy = private_pull(account=ACCOUNT_ID, region=REGION, prefix="nvcf").to_json()
    iam.put_user_policy(UserName=name, PolicyName="pull", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_what_the_administrator_pushes_the_puller_pulls_below_its_prefix_only(
    sandbox: Sandbox, admin: RegistryClient
) -> None:
    digest = admin.push_image("nvcf/app", "v1", LAYERS)
    admin.push_image("nvcf-other/app", "v1", LAYERS)

    with docker(sandbox, *make_puller(sandbox, "puller")) as puller:
        pulled = puller.pull_image("nvcf/app", "v1")
        assert pulled.digest == digest
        assert {digest_of(layer): len(layer) for layer in LAYERS}.items() <= pulled.blobs.items()
        for forbidden in (
            lambda: puller.pull_image("nvcf-other/app", "v1"),
            lambda: puller.read_blob("nvcf-other/app", digest_of(LAYERS[0])),
            lambda: puller.push_image("nvcf/app", "v2", [b"mine"]),
            lambda: puller.push_image("nvcf/app", "v2", LAYERS),
        ):
            with pytest.raises(RegistryError) as refused:
                forbidden()
            assert (refused.value.status, refused.value.code) == (403, "DENIED")
    assert admin.tags("nvcf/app") == ["v1"]


def test_a_password_ends_when_its_key_is_switched_off(sandbox: Sandbox, admin: RegistryClient) -> None:
    admin.push_image("nvcf/app", "v1", LAYERS)
    key = make_puller(sandbox, "rotated")
    iam = client(sandbox, "iam")
    with docker(sandbox, *key) as puller:
        puller.pull_image("nvcf/app", "v1")
        iam.update_access_key(UserName="rotated", AccessKeyId=key[0], Status="Inactive")
        with pytest.raises(RegistryError, match="403 DENIED"):
            puller.pull_image("nvcf/app", "v1")
        iam.update_access_key(UserName="rotated", AccessKeyId=key[0], Status="Active")
        puller.pull_image("nvcf/app", "v1")


def test_an_index_and_a_chart(sandbox: Sandbox, admin: RegistryClient) -> None:
    images = {
        platform: admin.push_image("nvcf/app", None, [platform.encode()], config=platform.encode())
        for platform in ("linux/amd64", "linux/arm64")
    }
    index = admin.push_index("nvcf/app", "multi", images)
    chart = admin.push_chart("nvcf/app", "0.1.0", b"chart archive")

    with docker(sandbox, *make_puller(sandbox, "charts")) as puller:
        pulled = puller.pull_image("nvcf/app", "multi")
        assert (pulled.digest, pulled.media_type) == (index, OCI_INDEX)
        assert [image.digest for image in pulled.images] == list(images.values())
        pulled = puller.pull_image("nvcf/app", "0.1.0")
        assert (pulled.digest, pulled.manifest["config"]["mediaType"]) == (chart, HELM_CONFIG)


def test_a_layer_is_read_in_part(admin: RegistryClient) -> None:
    admin.push_image("nvcf/app", "v1", LAYERS)
    layer = digest_of(LAYERS[0])
    assert admin.read_blob("nvcf/app", layer, "bytes=6-10") == b"layer"
    with pytest.raises(RegistryError) as refused:
        admin.read_blob("nvcf/app", layer, "bytes=100-")
    assert refused.value.status == 416


def test_wrong_bytes_are_refused(admin: RegistryClient) -> None:
    with pytest.raises(RegistryError) as refused:
        admin.push_blob("nvcf/app", [b"layer"], digest_of(b"other"))
    assert (refused.value.status, refused.value.code) == (400, "DIGEST_INVALID")


def peak_memory(sandbox: Sandbox, part: str) -> int:
    """Most bytes of memory that a part has held so far."""
    status = Path(f"/proc/{sandbox.processes.pid(part)}/status").read_text()
    match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None
    return int(match[1]) * 1024


def test_a_large_layer_passes_through_little_memory(sandbox: Sandbox, admin: RegistryClient) -> None:
    pieces = [bytes([number]) * MEBIBYTE for number in range(200)]
    sha = hashlib.sha256()
    for piece in pieces:
        sha.update(piece)
    digest = f"sha256:{sha.hexdigest()}"
    config = b"{}"
    admin.push_image("nvcf/app", "small", [b"x"], config=config)
    before = {part: peak_memory(sandbox, part) for part in ("aws", "registry")}

    admin.push_blob("nvcf/app", pieces, digest)
    described = {"mediaType": "application/octet-stream", "digest": digest, "size": 200 * MEBIBYTE}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/json", "digest": digest_of(config), "size": len(config)},
        "layers": [described],
    }
    admin.push_manifest("nvcf/app", "large", manifest)
    assert admin.pull_image("nvcf/app", "large").blobs[digest] == 200 * MEBIBYTE

    grown = {part: peak_memory(sandbox, part) - size for part, size in before.items()}
    assert all(size < 40 * MEBIBYTE for size in grown.values()), grown


def test_nothing_of_it_stays(tmp_path: Path) -> None:
    parts = [registry(TOOLCHAIN / REGISTRY_BINARY, tmp_path / "registry"), aws(0)]
    with Sandbox(tmp_path, parts=parts) as running, docker(running) as pusher:
        client(running, "ecr").create_repository(repositoryName="nvcf/app")
        pusher.push_image("nvcf/app", "v1", LAYERS)
        assert (tmp_path / "registry").is_dir()
    assert not (tmp_path / "registry").exists()
