"""Image, chart, model and resource references: their host, and what a registry is asked for.

Source: observations 2 section 1.
"""

from __future__ import annotations

import re
from typing import NoReturn

from sandbox.nvcf import java_text
from sandbox.nvcf.problems import bad_request
from sandbox.nvcf.registries import RegistryKind
from sandbox.nvcf.registry_logins import Reference

_REPOSITORY = r"(?P<repository>[a-z0-9][a-z0-9._/-]*[a-z0-9])"
_TAG_AND_DIGEST = r"(?::(?P<tag>[A-Za-z0-9._-]+))?(?:@(?P<digest>sha256:[a-f0-9]{64}))?"
_ECR_HOST = r"(?P<host>[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com)"
_PUBLIC_HOST = r"(?P<host>public\.ecr\.aws)/[a-z0-9][a-z0-9._-]*"

_ECR_IMAGE = re.compile(rf"{_ECR_HOST}/{_REPOSITORY}{_TAG_AND_DIGEST}")
_PUBLIC_IMAGE = re.compile(rf"{_PUBLIC_HOST}/{_REPOSITORY}{_TAG_AND_DIGEST}")
_DOCKER_IMAGE = re.compile(
    r"(?:oci://)?(?P<host>[^/]+)/(?P<repository>[^/]+/[^/:@]+)"
    r"(?::(?P<tag>[^@]+)|@(?P<digest>sha256:[a-fA-F0-9]{64}))?"
)
_NGC_IMAGE = re.compile(r"(?P<host>[^/]+)/(?P<repository>(?:[^/]+/)*[^/:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?")
_OCI_ARTIFACT = re.compile(
    r"(?:oci://)?(?P<host>[^/]+)/(?P<repository>(?:[^/:@]+/)*[^/:@]+)"
    r"(?::(?P<tag>[^@]+)|@(?P<digest>sha256:[a-f0-9]{64}))?"
)
_NGC_CHART_PATH = re.compile(
    r"(?:/api)?/(?P<namespace>[^/]+(?:/[^/]+)?)/charts/(?P<name>[A-Za-z0-9_-]+)"
    r"-(?P<version>v?[0-9]+(?:\.[0-9]+){0,2}(?:[-+][\w.+-]+)?)\.tgz(?:\.prov)?"
)
_NGC_FILES = re.compile(
    r"https://api(?:\.(?:stg|canary))?\.ngc\.nvidia\.com/v2/org/[A-Za-z0-9_-]+(?:/team/[A-Za-z0-9_-]+)?"
    r"/(?:models|resources)/[^/]+/[^/]+/files"
)
_CHART_SCHEMES = ("http", "https", "oci")


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
    if kind in {RegistryKind.ECR, RegistryKind.ECR_PUBLIC}:
        return _ecr_reference(kind, image, image)
    if kind is RegistryKind.DOCKER:
        match = _DOCKER_IMAGE.fullmatch(image)
        return _reference(match) if match else _refuse("Invalid Docker image url format.")
    if kind is RegistryKind.NGC:
        match = _NGC_IMAGE.fullmatch(image) if image.count(":") < 2 and image.count("@") < 2 else None
        return _reference(match) if match else _refuse("Invalid NGC docker image url format.")
    return _oci_reference(image)


def chart_reference(kind: RegistryKind, chart: str) -> Reference:
    """What a registry of a kind is asked for a chart.

    Raises:
        Problem: 400 when the chart is not of the registry's form.
    """
    if kind in {RegistryKind.ECR, RegistryKind.ECR_PUBLIC}:
        return _ecr_reference(kind, chart.removeprefix("oci://") if "oci://" in chart else "", chart)
    if kind is RegistryKind.NGC:
        uri = java_text.parse_uri(chart)
        match = _NGC_CHART_PATH.fullmatch(uri.path) if uri and uri.scheme in {"http", "https"} else None
        if uri is None or match is None:
            _refuse("Invalid NGC helm chart url format")
        return Reference(str(uri.host), f"{match['namespace']}/charts/{match['name']}", match["version"], None)
    if kind is RegistryKind.DOCKER:
        match = _DOCKER_IMAGE.fullmatch(chart)
        return _reference(match) if match else _refuse("Invalid Docker image url format.")
    return _oci_reference(chart)


def _ecr_reference(kind: RegistryKind, text: str, shown: str) -> Reference:
    pattern = _ECR_IMAGE if kind is RegistryKind.ECR else _PUBLIC_IMAGE
    match = pattern.fullmatch(text)
    return _reference(match) if match else _refuse(f"Invalid ECR artifact URL '{shown}' format")


def _oci_reference(text: str) -> Reference:
    match = _OCI_ARTIFACT.fullmatch(text)
    return _reference(match) if match else _refuse(f"Invalid OCI artifact URL format: {text}")


def _reference(match: re.Match[str]) -> Reference:
    tag, digest = match["tag"], match["digest"]
    if not tag and not digest:
        tag = "latest"
    return Reference(match["host"], match["repository"], tag, digest)


def _refuse(detail: str) -> NoReturn:
    raise bad_request(detail)
