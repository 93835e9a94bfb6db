"""A client of an image registry, as docker and helm are: pushes and pulls, and checks every digest.

    with RegistryClient(aws_url, token=authorization_token) as registry:
        digest = registry.push_image("nvcf/app", "v1", [b"layer"])
        registry.pull_image("nvcf/app", "v1")

`token` is the `authorizationToken` of `GetAuthorizationToken`, as it comes; None is an anonymous client. `host` says
which registry is meant (`123456789012.dkr.ecr.us-west-2.amazonaws.com`, `public.ecr.aws`) where the server is asked by
another name. `push_image` and `pull_image` do the same in one call, with a connection of their own.
"""

import hashlib
import json
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx
from typing_extensions import Self

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

_ACCEPT = ", ".join((OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX))
_REALM = re.compile(r'Bearer realm="(?P<realm>[^"]+)"')
_PIECE = 64 * 1024
_CODES = {401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS"}


class RegistryError(Exception):
    """A push or a pull failed.

    Attributes:
        step: The request that failed, such as `GET nvcf/app/manifests/v1`.
        status: HTTP status; 0 when what came was wrong, or nothing came.
        code: The registry's error code, such as `DENIED`; empty when it gave none.
    """

    def __init__(self, step: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{step}: {status or 'no answer'} {code} {message}".rstrip())
        self.step = step
        self.status = status
        self.code = code


@dataclass(frozen=True)
class PulledImage:
    """What a pull brought, every digest checked.

    Attributes:
        digest: Digest of the manifest.
        media_type: Its type.
        manifest: Its content.
        blobs: Size in bytes of the configuration and each layer, by digest.
        images: The images of an index.
    """

    digest: str
    media_type: str
    manifest: Mapping[str, Any]
    blobs: Mapping[str, int]
    images: tuple["PulledImage", ...] = field(default=())


def push_image(
    endpoint: str,
    repository: str,
    tag: str,
    layers: Sequence[bytes],
    *,
    token: str | None,
    host: str | None = None,
) -> str:
    """Pushes an image of these layers and returns its digest."""
    with RegistryClient(endpoint, token=token, host=host) as registry:
        return registry.push_image(repository, tag, layers)


def pull_image(
    endpoint: str, repository: str, reference: str, *, token: str | None, host: str | None = None
) -> PulledImage:
    """Pulls an image by tag or digest, everything it is made of included."""
    with RegistryClient(endpoint, token=token, host=host) as registry:
        return registry.pull_image(repository, reference)


class RegistryClient:
    """One client with its connections; for one thread."""

    def __init__(
        self, endpoint: str, *, token: str | None = None, host: str | None = None, timeout: float = 60.0
    ) -> None:
        headers = {"Authorization": f"Basic {token}"} if token else {}
        if host is not None:
            headers["Host"] = host
        # Loopback speaks no TLS; reading the certificates of a context for it would take longer than a pull.
        self._http = httpx.Client(
            base_url=endpoint,
            headers=headers,
            timeout=timeout,
            trust_env=False,
            follow_redirects=True,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    def push_image(
        self,
        repository: str,
        tag: str | None,
        layers: Sequence[bytes],
        *,
        config: bytes = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
        config_type: str = OCI_CONFIG,
        layer_type: str = OCI_LAYER,
    ) -> str:
        """Pushes layers, a configuration and their manifest.

        Args:
            repository: Where to, without the host.
            tag: Name of the image; None leaves it with its digest alone.
            layers: Content of each layer.
            config: Content of the configuration.
            config_type: Its media type; helm's makes a chart of it.
            layer_type: Media type of the layers.

        Returns:
            Digest of the manifest.

        Raises:
            RegistryError: The registry refused a step.
        """
        described = [self._push_blob(repository, content, layer_type) for content in layers]
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self._push_blob(repository, config, config_type),
            "layers": described,
        }
        return self.push_manifest(repository, tag, manifest)

    def push_chart(self, repository: str, tag: str, archive: bytes) -> str:
        """Pushes a helm chart, as `helm push` does."""
        config = json.dumps({"name": repository.rpartition("/")[2], "version": tag, "apiVersion": "v2"}).encode()
        return self.push_image(
            repository, tag, [archive], config=config, config_type=HELM_CONFIG, layer_type=HELM_LAYER
        )

    def push_index(self, repository: str, tag: str, images: Mapping[str, str]) -> str:
        """Pushes an index of images that are there already.

        Args:
            repository: Where to.
            tag: Name of the index.
            images: Digest of each image, by its platform such as `linux/arm64`.
        """
        listed = []
        for platform, digest in images.items():
            system, _, architecture = platform.partition("/")
            answer = self._ask("HEAD", repository, f"manifests/{digest}", headers={"Accept": _ACCEPT})
            described = {"mediaType": answer.headers["content-type"], "digest": digest}
            size = int(answer.headers["content-length"])
            listed.append({**described, "size": size, "platform": {"os": system, "architecture": architecture}})
        return self.push_manifest(repository, tag, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed})

    def push_manifest(self, repository: str, tag: str | None, manifest: Mapping[str, Any]) -> str:
        """Pushes a manifest whose parts are there already and returns its digest."""
        content = json.dumps(manifest).encode()
        digest = digest_of(content)
        self._ask(
            "PUT",
            repository,
            f"manifests/{tag or digest}",
            content=content,
            headers={"Content-Type": str(manifest["mediaType"])},
        )
        return digest

    def push_blob(self, repository: str, pieces: Iterable[bytes], digest: str) -> None:
        """Pushes a layer that need not fit into memory.

        Args:
            repository: Where to.
            pieces: Its content.
            digest: Its digest.
        """
        location = self._ask("POST", repository, "blobs/uploads/").headers["location"]
        patched = self._checked("PATCH", location, content=iter(pieces))
        self._checked("PUT", patched.headers["location"], params={"digest": digest})

    def pull_image(self, repository: str, reference: str) -> PulledImage:
        """Pulls a manifest and everything it names; of an index, every image.

        Args:
            repository: Where from, without the host.
            reference: A tag or a digest.

        Raises:
            RegistryError: The registry refused a step, or something has another digest than it should.
        """
        path = f"manifests/{reference}"
        answer = self._ask("GET", repository, path, headers={"Accept": _ACCEPT})
        digest = digest_of(answer.content)
        for claimed in (answer.headers.get("docker-content-digest"), reference if ":" in reference else None):
            _check(claimed in {None, digest}, f"GET {repository}/{path}", f"the manifest has {digest}, not {claimed}")
        manifest = answer.json()
        parts = [manifest["config"], *manifest["layers"]] if "layers" in manifest else []
        return PulledImage(
            digest=digest,
            media_type=answer.headers["content-type"],
            manifest=manifest,
            blobs={part["digest"]: self._pull_blob(repository, part) for part in parts},
            images=tuple(self.pull_image(repository, listed["digest"]) for listed in manifest.get("manifests", ())),
        )

    def read_blob(self, repository: str, digest: str, byte_range: str | None = None) -> bytes:
        """Content of a small layer, or of a part of one."""
        headers = {"Range": byte_range} if byte_range else {}
        return self._ask("GET", repository, f"blobs/{digest}", headers=headers).content

    def tags(self, repository: str) -> list[str]:
        """All tags of a repository."""
        found: list[str] = []
        path: str | None = f"/v2/{repository}/tags/list"
        while path is not None:
            answer = self._checked("GET", path)
            found += answer.json()["tags"]
            following = answer.links.get("next", {}).get("url")
            path = str(following) if following else None
        return found

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _push_blob(self, repository: str, content: bytes, media_type: str) -> Mapping[str, Any]:
        digest = digest_of(content)
        try:
            self._ask("HEAD", repository, f"blobs/{digest}")
        except RegistryError as error:
            if error.status != 404:
                raise
            self.push_blob(repository, [content], digest)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _pull_blob(self, repository: str, described: Mapping[str, Any]) -> int:
        digest, size, step = hashlib.sha256(), 0, f"GET {repository}/blobs/{described['digest']}"
        for piece in self._stream(f"/v2/{repository}/blobs/{described['digest']}", step):
            digest.update(piece)
            size += len(piece)
        found = f"sha256:{digest.hexdigest()}"
        _check(found == described["digest"], step, f"the layer has {found}")
        _check(size == described["size"], step, f"the layer has {size} bytes, not {described['size']}")
        return size

    def _stream(self, path: str, step: str) -> Iterator[bytes]:
        try:
            with self._http.stream("GET", path) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(step, answer)
                yield from answer.iter_bytes(_PIECE)
        except httpx.HTTPError as error:
            raise RegistryError(step, 0, "", repr(error)) from error

    def _ask(self, method: str, repository: str, path: str, **more: Any) -> httpx.Response:
        return self._checked(method, f"/v2/{repository}/{path}", **more)

    def _checked(self, method: str, path: str, **more: Any) -> httpx.Response:
        step = f"{method} {path.partition('?')[0].removeprefix('/v2/')}"
        try:
            answer = self._http.request(method, path, **more)
            if answer.status_code == 401 and self._fetch_token(answer):
                answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise RegistryError(step, 0, "", repr(error)) from error
        if answer.is_error:
            raise _refusal(step, answer)
        return answer

    def _fetch_token(self, answer: httpx.Response) -> bool:
        """Gets the token that a challenge asks for, as clients of Docker Hub and ECR Public do."""
        challenge = _REALM.match(answer.headers.get("www-authenticate", ""))
        if challenge is None:
            return False
        got = self._http.get(urlsplit(challenge["realm"]).path)
        if got.is_error:
            raise _refusal("GET token", got)
        self._http.headers["Authorization"] = f"Bearer {got.json()['token']}"
        return True


def digest_of(content: bytes) -> str:
    """The digest by which a registry knows something."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _check(is_right: bool, step: str, message: str) -> None:
    if not is_right:
        raise RegistryError(step, 0, "DIGEST", message)


def _refusal(step: str, answer: httpx.Response) -> RegistryError:
    try:
        first = answer.json()["errors"][0]
    except (ValueError, KeyError, IndexError, TypeError):
        # The answer to a HEAD has no body.
        first = {"code": _CODES.get(answer.status_code, "")}
    return RegistryError(step, answer.status_code, str(first.get("code", "")), str(first.get("message", "")))
