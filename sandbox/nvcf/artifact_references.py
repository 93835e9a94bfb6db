"""Image, chart, model and resource references: their host, and what a registry is asked for.

Source: observations 2 section 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from sandbox.nvcf import java_text
from sandbox.nvcf.problems import bad_request
from sandbox.nvcf.registries import ECR_PUBLIC_HOST, RegistryKind, ecr_account_and_region
from sandbox.nvcf.registry_logins import Reference

_ECR_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9._/-]*[a-z0-9]")
_ECR_TAG = re.compile(r"[A-Za-z0-9._-]+")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NGC_CHART = re.compile(r"(?P<namespace>[^/]+(?:/[^/]+)?)/charts/(?P<name>[\w-]+)-(?P<version>v?[0-9][\w.+-]*)\.tgz")
_NGC_FILES = re.compile(
    r"https://api(?:\.(?:stg|canary))?\.ngc\.nvidia\.com/v2/org/[A-Za-z0-9_-]+(?:/team/[A-Za-z0-9_-]+)?"
    r"/(?:models|resources)/[^/]+/[^/]+/files"
)
_CHART_SCHEMES = ("http", "https", "oci")
_OCI = "oci://"
_ECR_KINDS = (RegistryKind.ECR, RegistryKind.ECR_PUBLIC)


def image_host(image: str) -> str:
    """Host of an image: the first path part, there are no short names.

    Raises:
        Problem: 400 where Java finds no host, such as a name with a tag but no host, or anything starting "http".
    """
    url = image if image.startswith(("http", "oci://")) else f"https://{image}"
    return _host_of(url, image)


def chart_host(chart: str) -> str:
    """Host of a chart, whose scheme must be http, https or oci; 400 otherwise."""
    uri = java_text.parse_uri(chart)
    if uri is None or uri.scheme not in _CHART_SCHEMES:
        raise bad_request(f"Invalid registry URL: {chart}")
    return _host_of(chart, chart)


def files_host(uri: str) -> str:
    """Host of a model's or resource's `uri`; 400 where there is none."""
    return _host_of(uri, uri)


def validated_host(image: str) -> str:
    """Host of an image as the validation reads it: only http references are taken as they are.

    The server looks at images twice with slightly different eyes; `oci://host/…` passes the first look and is
    taken for a host named `oci` by the second.
    """
    return _host_of(image if image.startswith("http") else f"https://{image}", image)


def _host_of(url: str, shown: str) -> str:
    uri = java_text.parse_uri(url)
    if uri is None or not uri.host:
        raise bad_request(f"Invalid registry URL: {shown}")
    return uri.host


def is_ngc_files_uri(uri: str) -> bool:
    """True for the one form of NGC model and resource URIs that the server takes."""
    return _NGC_FILES.fullmatch(uri) is not None


def image_reference(kind: RegistryKind, image: str) -> Reference:
    """What a registry of a kind is asked for an image; without tag and digest that is `latest`.

    Raises:
        Problem: 400 when the image is not of the registry's form.
    """
    if kind in _ECR_KINDS:
        return _ecr_reference(kind, _split(image), image)
    if kind is RegistryKind.DOCKER:
        return _docker_reference(image)
    if kind is RegistryKind.NGC:
        return _ngc_reference(image)
    return _oci_reference(image)


def chart_reference(kind: RegistryKind, chart: str) -> Reference:
    """What a registry of a kind is asked for a chart.

    Raises:
        Problem: 400 when the chart is not of the registry's form.
    """
    if kind in _ECR_KINDS:
        parts = _split(chart.removeprefix(_OCI)) if chart.startswith(_OCI) else None
        return _ecr_reference(kind, parts, chart)
    if kind is RegistryKind.NGC:
        return _ngc_chart_reference(chart)
    if kind is RegistryKind.DOCKER:
        return _docker_reference(chart)
    return _oci_reference(chart)


@dataclass(frozen=True)
class _Parts:
    """`host/path:tag@digest` taken apart; None where a part is absent."""

    host: str
    path: str
    tag: str | None
    digest: str | None

    def reference(self, repository: str | None = None) -> Reference:
        tag = None if self.digest else self.tag or "latest"
        return Reference(self.host, self.path if repository is None else repository, tag, self.digest)


def _split(text: str) -> _Parts | None:
    """Takes a reference apart; None when it has no path, or an empty tag or digest."""
    named, at, digest = text.partition("@")
    host, _, path = named.partition("/")
    colon = path.find(":", path.rfind("/") + 1)
    tag = path[colon + 1 :] if colon >= 0 else None
    path = path[:colon] if colon >= 0 else path
    if not host or not path or path.endswith("/") or tag == "" or (at and not digest):
        return None
    return _Parts(host, path, tag, digest or None)


def _ecr_reference(kind: RegistryKind, parts: _Parts | None, shown: str) -> Reference:
    """Tag and digest may both be there: then only the digest counts. Public images lose their alias."""
    if parts is not None:
        repository = parts.path
        if kind is RegistryKind.ECR_PUBLIC:
            _, _, repository = parts.path.partition("/")
        right_host = parts.host == ECR_PUBLIC_HOST or ecr_account_and_region(parts.host) is not None
        right_tag = parts.tag is None or _ECR_TAG.fullmatch(parts.tag)
        right_digest = parts.digest is None or _DIGEST.fullmatch(parts.digest)
        if right_host and right_tag and right_digest and _ECR_REPOSITORY.fullmatch(repository):
            return parts.reference(repository)
    return _refuse(f"Invalid ECR artifact URL '{shown}' format")


def _docker_reference(text: str) -> Reference:
    """Exactly two path parts, and a tag or a digest, not both."""
    parts = _split(text.removeprefix(_OCI))
    if parts is None or parts.path.count("/") != 1 or not _has_one_version(parts):
        return _refuse("Invalid Docker image url format.")
    return parts.reference()


def _oci_reference(text: str) -> Reference:
    """A tag or a digest, not both."""
    parts = _split(text.removeprefix(_OCI))
    if parts is None or not _has_one_version(parts):
        return _refuse(f"Invalid OCI artifact URL format: {text}")
    return parts.reference()


def _has_one_version(parts: _Parts) -> bool:
    return parts.digest is None or (parts.tag is None and _DIGEST.fullmatch(parts.digest) is not None)


def _ngc_reference(image: str) -> Reference:
    """At most one colon and one at sign in all, which rules out tag and digest together."""
    parts = _split(image) if image.count(":") < 2 and image.count("@") < 2 else None
    return parts.reference() if parts else _refuse("Invalid NGC docker image url format.")


def _ngc_chart_reference(chart: str) -> Reference:
    """`https://host/org[/team]/charts/name-version.tgz`."""
    uri = java_text.parse_uri(chart)
    if uri is not None and uri.scheme in {"http", "https"}:
        match = _NGC_CHART.fullmatch(uri.path.removeprefix("/"))
        if match is not None:
            repository = f"{match['namespace']}/charts/{match['name']}"
            return Reference(str(uri.host), repository, match["version"], None)
    return _refuse("Invalid NGC helm chart url format")


def _refuse(detail: str) -> NoReturn:
    raise bad_request(detail)
