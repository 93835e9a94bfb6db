"""Pushing and pulling: who may, what the ECR API sees of it, how it fails. Layers are in memory here."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from sandbox.aws.account import PUBLIC_REGISTRY_ALIAS
from tests.registry_client import (
    HELM_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    RegistryClient,
    RegistryError,
    digest_of,
    pull_image,
    push_image,
)
from tests.sandbox.aws.cloud_under_test import (
    MANIFEST,
    PULL_ACTIONS,
    CloudUnderTest,
    Key,
    allow,
    refused,
    repository_arn,
)

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
PUBLIC_HOST = "public.ecr.aws"
LAYERS = [b"first layer", b"second layer"]


def token(aws: CloudUnderTest, key: Key | None = None, region: str = "us-west-2") -> str:
    [data] = aws.client("ecr", key, region).get_authorization_token()["authorizationData"]
    return str(data["authorizationToken"])


def public_token(aws: CloudUnderTest, key: Key | None = None) -> str:
    answer = aws.client("ecr-public", key, "us-east-1").get_authorization_token()
    return str(answer["authorizationData"]["authorizationToken"])


def failure(call: Any, *args: Any, **params: Any) -> tuple[int, str, str]:
    with pytest.raises(RegistryError) as error:
        call(*args, **params)
    return error.value.status, error.value.code, str(error.value)


@pytest.fixture
def ecr(aws: CloudUnderTest) -> Any:
    client = aws.client("ecr")
    client.create_repository(repositoryName="nvcf/a")
    return client


@pytest.fixture
def admin(aws: CloudUnderTest, ecr: Any) -> Iterator[RegistryClient]:
    with RegistryClient(aws.url, token=token(aws)) as client:
        yield client


@pytest.fixture
def puller(aws: CloudUnderTest) -> Key:
    return aws.user(
        "puller",
        allow("ecr:GetAuthorizationToken", "*"),
        allow(PULL_ACTIONS, repository_arn("nvcf/*")),
    )


def calls(aws: CloudUnderTest) -> list[tuple[str, int, str]]:
    """What the log has of pulls and pushes: action, status, code."""
    logged = aws.hook("GET", "calls")["calls"]
    return [(call["action"], call["status"], call["code"]) for call in logged if call["via"] == "registry"]


def test_what_is_pushed_can_be_pulled_and_is_in_the_api(aws: CloudUnderTest, ecr: Any, admin: RegistryClient) -> None:
    digest = admin.push_image("nvcf/a", "v1", LAYERS)

    pulled = admin.pull_image("nvcf/a", "v1")
    assert (pulled.digest, pulled.media_type) == (digest, OCI_MANIFEST)
    assert {digest_of(layer): len(layer) for layer in LAYERS}.items() <= pulled.blobs.items()
    assert admin.pull_image("nvcf/a", digest) == pulled
    [detail] = ecr.describe_images(repositoryName="nvcf/a")["imageDetails"]
    assert (detail["imageDigest"], detail["imageTags"]) == (digest, ["v1"])
    assert detail["imageSizeInBytes"] > sum(map(len, LAYERS))
    [image] = ecr.batch_get_image(repositoryName="nvcf/a", imageIds=[{"imageTag": "v1"}])["images"]
    assert digest_of(image["imageManifest"].encode()) == digest
    layers = ecr.batch_check_layer_availability(repositoryName="nvcf/a", layerDigests=list(pulled.blobs))["layers"]
    assert {layer["layerDigest"]: layer["layerSize"] for layer in layers} == dict(pulled.blobs)


def test_what_the_api_puts_can_be_pulled(ecr: Any, admin: RegistryClient) -> None:
    layer, config = b"layer by the api", b"{}"
    for blob in (layer, config):
        begun = ecr.initiate_layer_upload(repositoryName="nvcf/a")["uploadId"]
        part = {"uploadId": begun, "partFirstByte": 0, "partLastByte": len(blob) - 1, "layerPartBlob": blob}
        ecr.upload_layer_part(repositoryName="nvcf/a", **part)
        ecr.complete_layer_upload(repositoryName="nvcf/a", uploadId=begun, layerDigests=[digest_of(blob)])
    described = [{"digest": digest_of(blob), "size": len(blob)} for blob in (layer, config)]
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described[1], "layers": described[:1]}
    ecr.put_image(repositoryName="nvcf/a", imageManifest=json.dumps(manifest), imageTag="v1")

    assert admin.pull_image("nvcf/a", "v1").manifest == manifest


def test_what_the_api_deletes_is_gone(ecr: Any, admin: RegistryClient) -> None:
    digest = admin.push_image("nvcf/a", "v1", LAYERS)
    ecr.batch_delete_image(repositoryName="nvcf/a", imageIds=[{"imageDigest": digest}])
    assert failure(admin.pull_image, "nvcf/a", "v1")[:2] == (404, "MANIFEST_UNKNOWN")
    assert failure(admin.read_blob, "nvcf/a", digest_of(LAYERS[0]))[:2] == (404, "BLOB_UNKNOWN")
    admin.push_image("nvcf/a", "v1", LAYERS)
    ecr.delete_repository(repositoryName="nvcf/a", force=True)
    assert failure(admin.pull_image, "nvcf/a", "v1")[:2] == (404, "NAME_UNKNOWN")
    ecr.create_repository(repositoryName="nvcf/a")
    assert failure(admin.read_blob, "nvcf/a", digest_of(LAYERS[0]))[:2] == (404, "BLOB_UNKNOWN")


def test_nothing_is_pushed_to_a_repository_that_is_not_there(admin: RegistryClient) -> None:
    status, code, text = failure(admin.push_image, "nvcf/b", "v1", LAYERS)
    assert (status, code) == (404, "NAME_UNKNOWN")
    assert "The repository with name 'nvcf/b' does not exist in the registry with id '123456789012'" in text


def test_tags_move_unless_they_are_immutable(ecr: Any, admin: RegistryClient) -> None:
    first = admin.push_image("nvcf/a", "v1", LAYERS)
    assert admin.push_image("nvcf/a", "v1", LAYERS) == first
    second = admin.push_image("nvcf/a", "v1", [b"other"])
    assert admin.pull_image("nvcf/a", "v1").digest == second
    ecr.put_image_tag_mutability(repositoryName="nvcf/a", imageTagMutability="IMMUTABLE")
    status, code, text = failure(admin.push_image, "nvcf/a", "v1", LAYERS)
    assert (status, code) == (400, "TAG_INVALID")
    assert "cannot be overwritten because the tag is immutable" in text
    assert admin.push_image("nvcf/a", "v1", [b"other"]) == second
    assert admin.push_image("nvcf/a", "v2", LAYERS) == first
    assert admin.tags("nvcf/a") == ["v1", "v2"]


def test_a_manifest_needs_its_parts(admin: RegistryClient) -> None:
    assert failure(admin.push_manifest, "nvcf/a", "v1", json.loads(MANIFEST))[:2] == (404, "BLOB_UNKNOWN")
    listed = [{"mediaType": OCI_MANIFEST, "digest": "sha256:" + "d" * 64, "size": 1}]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
    assert failure(admin.push_manifest, "nvcf/a", "v1", index)[:2] == (404, "MANIFEST_BLOB_UNKNOWN")


def test_an_index_of_several_architectures(ecr: Any, admin: RegistryClient) -> None:
    images = {
        platform: admin.push_image("nvcf/a", None, [layer], config=platform.encode())
        for platform, layer in (("linux/amd64", b"small"), ("linux/arm64", b"much larger layer"))
    }
    digest = admin.push_index("nvcf/a", "v1", images)

    pulled = admin.pull_image("nvcf/a", "v1")
    assert (pulled.digest, pulled.media_type) == (digest, OCI_INDEX)
    assert [image.digest for image in pulled.images] == list(images.values())
    details = {one["imageDigest"]: one for one in ecr.describe_images(repositoryName="nvcf/a")["imageDetails"]}
    assert details[digest]["imageSizeInBytes"] == details[images["linux/arm64"]]["imageSizeInBytes"]


def test_a_chart(ecr: Any, admin: RegistryClient) -> None:
    digest = admin.push_chart("nvcf/a", "0.1.0", b"chart archive")
    pulled = admin.pull_image("nvcf/a", "0.1.0")
    assert (pulled.digest, pulled.manifest["config"]["mediaType"]) == (digest, HELM_CONFIG)


def test_tags_come_in_pages(admin: RegistryClient) -> None:
    for number in range(5):
        admin.push_image("nvcf/a", f"v{number}", LAYERS)
    first = admin._http.get("/v2/nvcf/a/tags/list?n=2")
    assert (first.json(), first.links["next"]["url"]) == (
        {"name": "nvcf/a", "tags": ["v0", "v1"]},
        "/v2/nvcf/a/tags/list?n=2&last=v1",
    )
    last = admin._http.get("/v2/nvcf/a/tags/list?n=2&last=v3")
    assert (last.json()["tags"], last.links) == (["v4"], {})
    assert admin.tags("nvcf/a") == [f"v{number}" for number in range(5)]


def test_a_layer_may_be_read_in_part_and_by_its_presigned_address(ecr: Any, admin: RegistryClient) -> None:
    admin.push_image("nvcf/a", "v1", LAYERS)
    layer = digest_of(LAYERS[0])
    assert admin.read_blob("nvcf/a", layer, "bytes=6-10") == b"layer"
    url = ecr.get_download_url_for_layer(repositoryName="nvcf/a", layerDigest=layer)["downloadUrl"]
    assert httpx.get(url, trust_env=False).content == LAYERS[0]


def test_a_presigned_address_ends(aws: CloudUnderTest, ecr: Any, admin: RegistryClient) -> None:
    admin.push_image("nvcf/a", "v1", LAYERS)
    layer = digest_of(LAYERS[0])
    url = ecr.get_download_url_for_layer(repositoryName="nvcf/a", layerDigest=layer)["downloadUrl"]
    assert httpx.get(url[:-4] + "AAAA", trust_env=False).status_code == 403
    aws.clock.advance(hours=1, seconds=1)
    assert httpx.get(url, trust_env=False).status_code == 403


def test_a_layer_without_an_image_is_not_handed_out(ecr: Any, admin: RegistryClient) -> None:
    digest = digest_of(b"layer")
    admin.push_blob("nvcf/a", [b"layer"], digest)
    asked = {"repositoryName": "nvcf/a", "layerDigest": digest}
    assert refused(ecr.get_download_url_for_layer, **asked) == (400, "LayerInaccessibleException")
    assert failure(admin.read_blob, "nvcf/a", digest)[:2] == (404, "BLOB_UNKNOWN")
    missing = {"repositoryName": "nvcf/a", "layerDigest": digest_of(b"other")}
    assert refused(ecr.get_download_url_for_layer, **missing) == (400, "LayersNotFoundException")


class TestUploads:
    """Layers on their way in."""

    def test_in_chunks(self, admin: RegistryClient) -> None:
        http = admin._http
        begun = http.post("/v2/nvcf/a/blobs/uploads/")
        assert (begun.status_code, begun.headers["range"]) == (202, "0-0")
        place = begun.headers["location"]
        for first, chunk in ((0, b"abc"), (3, b"defg")):
            last = first + len(chunk) - 1
            sent = http.patch(place, content=chunk, headers={"Content-Range": f"{first}-{last}"})
            assert (sent.status_code, sent.headers["range"]) == (202, f"0-{last}")
            place = sent.headers["location"]
        assert http.patch(place, content=b"x", headers={"Content-Range": "3-3"}).status_code == 416
        assert http.get(place).headers["range"] == "0-6"
        ended = http.put(place, params={"digest": digest_of(b"abcdefgh")}, content=b"h")
        assert (ended.status_code, ended.headers["docker-content-digest"]) == (201, digest_of(b"abcdefgh"))
        assert http.head(ended.headers["location"]).headers["content-length"] == "8"
        assert http.get(place).json()["errors"][0]["code"] == "BLOB_UPLOAD_UNKNOWN"

    def test_with_another_digest(self, admin: RegistryClient) -> None:
        place = admin._http.post("/v2/nvcf/a/blobs/uploads/").headers["location"]
        answer = admin._http.put(place, params={"digest": digest_of(b"other")}, content=b"layer")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "DIGEST_INVALID")
        assert failure(admin.push_blob, "nvcf/a", [b"layer"], digest_of(b"other"))[:2] == (400, "DIGEST_INVALID")

    def test_of_another_repository(self, ecr: Any, admin: RegistryClient) -> None:
        ecr.create_repository(repositoryName="nvcf/b")
        place = admin._http.post("/v2/nvcf/a/blobs/uploads/").headers["location"]
        assert admin._http.patch(place.replace("nvcf/a", "nvcf/b"), content=b"x").status_code == 404

    def test_a_mount_is_uploaded_instead(self, ecr: Any, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        ecr.create_repository(repositoryName="nvcf/b")
        asked = {"mount": digest_of(LAYERS[0]), "from": "nvcf/a"}
        assert admin._http.post("/v2/nvcf/b/blobs/uploads/", params=asked).status_code == 202
        assert admin._http.head(f"/v2/nvcf/b/blobs/{asked['mount']}").status_code == 404


class TestWhoMay:
    """Authentication and authorisation."""

    def test_a_puller_pulls_below_its_prefix_and_pushes_nowhere(
        self, aws: CloudUnderTest, ecr: Any, admin: RegistryClient, puller: Key
    ) -> None:
        ecr.create_repository(repositoryName="other/a")
        for name in ("nvcf/a", "other/a"):
            admin.push_image(name, "v1", LAYERS)
        with RegistryClient(aws.url, token=token(aws, puller)) as client:
            client.pull_image("nvcf/a", "v1")
            status, code, text = failure(client.pull_image, "other/a", "v1")
            assert (status, code) == (403, "DENIED")
            assert (
                "User: arn:aws:iam::123456789012:user/nvcf/puller is not authorized to perform: ecr:BatchGetImage "
                "on resource: arn:aws:ecr:us-west-2:123456789012:repository/other/a because no identity-based policy"
            ) in text
            assert failure(client.read_blob, "other/a", digest_of(LAYERS[0]))[:2] == (403, "DENIED")
            assert failure(client.tags, "nvcf/a")[:2] == (403, "DENIED")
            status, code, text = failure(client.push_image, "nvcf/a", "v2", [b"mine"])
            assert (status, code) == (403, "DENIED")
            assert "ecr:InitiateLayerUpload" in text
            # All of its layers are there already, so that only the manifest remains to be refused.
            assert "ecr:PutImage" in failure(client.push_image, "nvcf/a", "v2", LAYERS)[2]

    @pytest.mark.parametrize("missing", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    def test_a_pull_needs_each_permission(self, aws: CloudUnderTest, admin: RegistryClient, missing: str) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        left = [action for action in PULL_ACTIONS if action != missing]
        key = aws.user("lesser", allow("ecr:GetAuthorizationToken", "*"), allow(left, repository_arn("nvcf/*")))
        status, code, text = failure(pull_image, aws.url, "nvcf/a", "v1", token=token(aws, key))
        assert (status, code) == (403, "DENIED")
        assert missing in text

    def test_a_repository_policy_counts(
        self, aws: CloudUnderTest, ecr: Any, admin: RegistryClient, puller: Key
    ) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        statement = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        ecr.set_repository_policy(repositoryName="nvcf/a", policyText=text)
        assert failure(pull_image, aws.url, "nvcf/a", "v1", token=token(aws, puller))[:2] == (403, "DENIED")

    def test_the_policies_of_the_moment_count(self, aws: CloudUnderTest, admin: RegistryClient, puller: Key) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        before = token(aws, puller)
        pull_image(aws.url, "nvcf/a", "v1", token=before)
        aws.client("iam").delete_user_policy(UserName="puller", PolicyName="given")
        assert failure(pull_image, aws.url, "nvcf/a", "v1", token=before)[:2] == (403, "DENIED")

    @pytest.mark.parametrize("end", ["switched off", "deleted"])
    def test_a_password_ends_with_its_key(
        self, aws: CloudUnderTest, admin: RegistryClient, puller: Key, end: str
    ) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        before, iam = token(aws, puller), aws.client("iam")
        if end == "deleted":
            iam.delete_access_key(UserName="puller", AccessKeyId=puller.key_id)
        else:
            iam.update_access_key(UserName="puller", AccessKeyId=puller.key_id, Status="Inactive")
        status, code, text = failure(pull_image, aws.url, "nvcf/a", "v1", token=before)
        assert (status, code) == (403, "DENIED")
        assert puller.key_id in text
        assert puller.secret not in text
        assert calls(aws)[-1] == ("ecr:BatchGetImage", 403, "UnrecognizedClientException")

    def test_a_password_got_with_a_session_outlives_it(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        made = aws.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
        password = token(aws, Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
        aws.clock.advance(hours=2)
        pull_image(aws.url, "nvcf/a", "v1", token=password)

    def test_a_password_holds_twelve_hours(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        aws.clock.advance(hours=11, minutes=59)
        admin.pull_image("nvcf/a", "v1")
        aws.clock.advance(minutes=2)
        status, code, text = failure(admin.pull_image, "nvcf/a", "v1")
        assert (status, code) == (403, "DENIED")
        assert "Your authorization token has expired. Reauthenticate and try again." in text

    def test_without_a_password(self, aws: CloudUnderTest, ecr: Any) -> None:
        for path in ("/v2/", "/v2/nvcf/a/manifests/v1"):
            answer = httpx.get(aws.url + path, headers={"Host": HOST}, trust_env=False)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == f'Basic realm="http://{HOST}/",service="ecr.amazonaws.com"'
            assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"

    @pytest.mark.parametrize("header", ["Basic !!!", "Basic QVdTOmZvcmdlZA==", "Digest x", "Bearer x"])
    def test_with_something_else(self, aws: CloudUnderTest, header: str) -> None:
        answer = httpx.get(f"{aws.url}/v2/", headers={"Authorization": header}, trust_env=False)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "DENIED")

    def test_with_another_user_name(self, aws: CloudUnderTest, ecr: Any) -> None:
        password = base64.b64decode(token(aws)).decode().partition(":")[2]
        answer = httpx.get(f"{aws.url}/v2/", auth=("somebody", password), trust_env=False)
        assert answer.status_code == 400
        assert httpx.get(f"{aws.url}/v2/", auth=("AWS", password), trust_env=False).json() == {}

    def test_a_password_is_for_one_region(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        pull_image(aws.url, "nvcf/a", "v1", token=token(aws), host=HOST)
        elsewhere = token(aws, region="eu-west-1")
        assert failure(pull_image, aws.url, "nvcf/a", "v1", token=elsewhere, host=HOST)[:2] == (403, "DENIED")
        assert failure(pull_image, aws.url, "nvcf/a", "v1", token=elsewhere)[:2] == (404, "NAME_UNKNOWN")

    def test_another_accounts_registry_is_closed(self, aws: CloudUnderTest, ecr: Any) -> None:
        host = HOST.replace("123456789012", "210987654321")
        assert failure(pull_image, aws.url, "nvcf/a", "v1", token=token(aws), host=host)[:2] == (403, "DENIED")

    def test_a_pull_is_no_use_of_the_key(self, aws: CloudUnderTest, admin: RegistryClient, puller: Key) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        password = token(aws, puller)
        asked = {"AccessKeyId": puller.key_id}
        used = aws.client("iam").get_access_key_last_used(**asked)["AccessKeyLastUsed"]["LastUsedDate"]
        aws.clock.advance(minutes=10)
        pull_image(aws.url, "nvcf/a", "v1", token=password)
        assert aws.client("iam").get_access_key_last_used(**asked)["AccessKeyLastUsed"]["LastUsedDate"] == used

    def test_a_password_of_a_known_key_does_not_wait_for_propagation(
        self, aws: CloudUnderTest, admin: RegistryClient, puller: Key
    ) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        password = token(aws, puller)
        aws.hook("PUT", "propagation", {"seconds": 3600})
        pull_image(aws.url, "nvcf/a", "v1", token=password)


class TestLog:
    """Calls and faults."""

    def test_every_step_is_a_call(self, aws: CloudUnderTest, admin: RegistryClient, puller: Key) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS[:1])
        password = token(aws, puller)
        assert [action for action, _, _ in calls(aws)] == [
            *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"),
            "ecr:CompleteLayerUpload",
            *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"),
            *("ecr:CompleteLayerUpload", "ecr:PutImage"),
        ]
        aws.hook("DELETE", "calls")
        pull_image(aws.url, "nvcf/a", "v1", token=password)
        logged = aws.hook("GET", "calls")["calls"]
        assert [call["action"] for call in logged] == ["ecr:BatchGetImage", *["ecr:GetDownloadUrlForLayer"] * 2]
        assert {key: logged[0][key] for key in ("service", "region", "resources", "key_id", "principal", "via")} == {
            "service": "ecr",
            "region": "us-west-2",
            "resources": [repository_arn("nvcf/a")],
            "key_id": puller.key_id,
            "principal": "arn:aws:iam::123456789012:user/nvcf/puller",
            "via": "registry",
        }
        assert not any(secret in json.dumps(logged) for secret in (password, puller.secret))

    def test_calls_of_the_api_say_so(self, aws: CloudUnderTest, ecr: Any) -> None:
        assert {call["via"] for call in aws.hook("GET", "calls")["calls"]} == {"api"}

    def test_a_fault_strikes_a_pull(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v1", LAYERS)
        fault = {"action": "ecr:BatchGetImage", "status": 503, "code": "ServerException", "message": "down"}
        aws.hook("POST", "faults", fault)
        assert failure(admin.pull_image, "nvcf/a", "v1") == (
            503,
            "UNKNOWN",
            "GET nvcf/a/manifests/v1: 503 UNKNOWN down",
        )
        assert calls(aws)[-1] == ("ecr:BatchGetImage", 503, "ServerException")
        aws.hook("POST", "faults", {"action": "ecr:GetDownloadUrlForLayer", "status": 429, "delay": 7})
        assert failure(admin.pull_image, "nvcf/a", "v1")[:2] == (429, "TOOMANYREQUESTS")
        assert aws.waits == [7]
        admin.pull_image("nvcf/a", "v1")

    def test_a_fault_cuts_a_push_before_or_after_its_effect(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        admin.push_image("nvcf/a", "v0", LAYERS)
        for when, tags in (("before", ["v0"]), ("after", ["v0", "v1"])):
            aws.hook("POST", "faults", {"action": "ecr:PutImage", "cut": True, "when": when})
            assert failure(admin.push_image, "nvcf/a", "v1", LAYERS)[0] == 0
            assert calls(aws)[-1] == ("ecr:PutImage", 0, "ConnectionCut")
            assert admin.tags("nvcf/a") == tags

    def test_a_push_that_breaks_off_keeps_nothing(self, aws: CloudUnderTest, admin: RegistryClient) -> None:
        def broken() -> Iterator[bytes]:
            yield b"some"
            raise RuntimeError("the client dies")

        with pytest.raises(RuntimeError):
            admin.push_blob("nvcf/a", broken(), digest_of(b"some"))
        with RegistryClient(aws.url, token=token(aws)) as another:
            another.push_image("nvcf/a", "v1", LAYERS)
        assert ("ecr:UploadLayerPart", 0, "ClientGone") in calls(aws)


class TestPublic:
    """ECR Public: everyone pulls, with permission one pushes."""

    NAME = f"{PUBLIC_REGISTRY_ALIAS}/nvcf/a"

    @pytest.fixture(autouse=True)
    def image(self, aws: CloudUnderTest) -> str:
        aws.client("ecr-public", region="us-east-1").create_repository(repositoryName="nvcf/a")
        return push_image(aws.url, self.NAME, "v1", LAYERS, token=public_token(aws), host=PUBLIC_HOST)

    def test_what_is_pushed_is_in_the_api(self, aws: CloudUnderTest, image: str) -> None:
        shown = aws.client("ecr-public", region="us-east-1").describe_images(repositoryName="nvcf/a")
        assert [(one["imageDigest"], one["imageTags"]) for one in shown["imageDetails"]] == [(image, ["v1"])]

    @pytest.mark.parametrize("host", [PUBLIC_HOST, None])
    def test_anyone_pulls(self, aws: CloudUnderTest, image: str, host: str | None) -> None:
        assert pull_image(aws.url, self.NAME, "v1", token=None, host=host).digest == image
        logged = aws.hook("GET", "calls")["calls"][-1]
        assert (logged["action"], logged["key_id"]) == ("ecr-public:GetDownloadUrlForLayer", "")

    @pytest.mark.parametrize("host", [PUBLIC_HOST, None])
    def test_a_user_pulls_with_a_password(self, aws: CloudUnderTest, image: str, host: str | None) -> None:
        tokens = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]
        key = aws.user("public", allow(tokens, "*"))
        password = public_token(aws, key)
        assert pull_image(aws.url, self.NAME, "v1", token=password, host=host).digest == image
        assert aws.hook("GET", "calls")["calls"][-1]["key_id"] == key.key_id
        assert failure(push_image, aws.url, self.NAME, "v2", LAYERS, token=password, host=host)[:2] == (403, "DENIED")

    def test_nobody_pushes_without_a_password(self, aws: CloudUnderTest) -> None:
        status, code, _ = failure(push_image, aws.url, self.NAME, "v2", LAYERS, token=None, host=PUBLIC_HOST)
        assert (status, code) == (401, "UNAUTHORIZED")

    def test_the_challenge_leads_to_a_token(self, aws: CloudUnderTest) -> None:
        answer = httpx.get(f"{aws.url}/v2/", headers={"Host": PUBLIC_HOST}, trust_env=False)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (
            401,
            'Bearer realm="http://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"',
        )
        login = {"Host": PUBLIC_HOST, "Authorization": f"Basic {public_token(aws)}"}
        given = httpx.get(f"{aws.url}/token/", headers=login, trust_env=False).json()["token"]
        bearer = {"Host": PUBLIC_HOST, "Authorization": f"Bearer {given}"}
        assert httpx.get(f"{aws.url}/v2/", headers=bearer, trust_env=False).status_code == 200

    def test_a_password_for_private_ecr_is_none(self, aws: CloudUnderTest) -> None:
        private = token(aws)
        assert failure(pull_image, aws.url, self.NAME, "v1", token=private, host=PUBLIC_HOST)[:2] == (403, "DENIED")
        login = {"Host": PUBLIC_HOST, "Authorization": f"Basic {private}"}
        assert httpx.get(f"{aws.url}/token/", headers=login, trust_env=False).status_code == 403

    def test_somebody_elses_alias_is_unknown(self, aws: CloudUnderTest) -> None:
        assert failure(pull_image, aws.url, "other/nvcf/a", "v1", token=None, host=PUBLIC_HOST)[:2] == (
            404,
            "NAME_UNKNOWN",
        )


def test_without_a_registry_it_says_so(aws: CloudUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.cloud, "layers", None)
    for path in ("/v2/", "/v2/nvcf/a/manifests/v1", "/token/", "/__layers/x"):
        answer = httpx.get(aws.url + path, trust_env=False)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (501, "UNSUPPORTED")
        assert "--registry" in answer.json()["errors"][0]["message"]


def test_an_aws_call_with_such_a_path_is_none_of_the_registrys(aws: CloudUnderTest) -> None:
    signed: Mapping[str, str] = {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}
    assert httpx.get(f"{aws.url}/v2/apis", headers=signed, trust_env=False).status_code not in {200, 404, 501}
