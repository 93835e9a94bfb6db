"""Reading kubeconfig files: which cluster, as whom, in which namespace.

The format, the precedence of files and of overrides are Kubernetes' ("Organizing Cluster Access Using
kubeconfig Files" in its documentation).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class KubeconfigError(Exception):
    """A kubeconfig that leads to no cluster; the text says why, without any of its secrets."""


@dataclass(frozen=True)
class Overrides:
    """The provider's arguments that win over a kubeconfig; empty means not given."""

    context: str = ""
    cluster: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Target:
    """The cluster that a kubeconfig leads to.

    Args:
        server: URL of the API server, without a trailing slash.
        namespace: where objects go that name none.
        cluster: the kubeconfig's cluster entry.
        user: the kubeconfig's user entry; holds credentials.
    """

    server: str
    namespace: str
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)


def parse(contents_or_path: str) -> dict[str, Any]:
    """Read a kubeconfig given as its contents (YAML or JSON), or as the path of a file.

    Raises:
        KubeconfigError: it is neither.
    """
    if _looks_like_contents(contents_or_path):
        return _document(contents_or_path, "the given kubeconfig", Path.cwd())
    return _load(Path(contents_or_path).expanduser())


def ambient(environ: Mapping[str, str]) -> dict[str, Any]:
    """The kubeconfig of the environment: the merged files of `KUBECONFIG`, else `~/.kube/config`.

    Raises:
        KubeconfigError: there is none.
    """
    listed = [entry for entry in environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    paths = [Path(entry).expanduser() for entry in listed] or [Path.home() / ".kube" / "config"]
    documents = [_load(path) for path in paths if path.is_file()]
    if not documents:
        where = ", ".join(map(str, paths))
        raise KubeconfigError(
            f"no kubeconfig: {where} does not exist. Give the provider a kubeconfig, or set KUBECONFIG."
        )
    return _merged(documents)


def resolve(config: Mapping[str, Any], overrides: Overrides) -> Target:
    """Follow a kubeconfig's current context, or the one that overrides name, to its cluster and user.

    Raises:
        KubeconfigError: a name leads nowhere.
    """
    name = overrides.context or config.get("current-context") or ""
    if not name and not overrides.cluster:
        raise KubeconfigError("the kubeconfig has no current-context; set it, or the provider's `context`")
    context = _entry(config, "contexts", "context", name) if name else {}
    cluster = _entry(config, "clusters", "cluster", overrides.cluster or context.get("cluster", ""))
    user = _entry(config, "users", "user", context["user"]) if context.get("user") else {}
    if not cluster.get("server"):
        raise KubeconfigError("the kubeconfig's cluster has no server")
    namespace = overrides.namespace or context.get("namespace") or "default"
    return Target(str(cluster["server"]).rstrip("/"), namespace, cluster, user)


def active_cluster(kubeconfig: str, overrides: Overrides) -> Mapping[str, Any]:
    """The cluster entry that a provider's configuration leads to; empty when it leads to none.

    Two configurations with the same entry are taken for the same cluster: Kubernetes knows no better
        identity.
    """
    try:
        config = parse(kubeconfig) if kubeconfig else {}
        return resolve(config, overrides).cluster
    except KubeconfigError:
        return {}


def _looks_like_contents(text: str) -> bool:
    return "\n" in text or text.lstrip().startswith("{")


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text()
    except OSError as error:
        raise KubeconfigError(f"cannot read kubeconfig {path}: {error.strerror}") from error
    return _document(text, f"kubeconfig {path}", path.parent)


def _document(text: str, name: str, base: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        # The parser's own message quotes the text, which holds credentials.
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" (line {line + 1})" if line is not None else ""
        raise KubeconfigError(f"{name} is not valid YAML{where}") from None
    if not isinstance(document, dict):
        raise KubeconfigError(f"{name} is not a kubeconfig")
    return _with_absolute_paths(document, base)


def _with_absolute_paths(document: dict[str, Any], base: Path) -> dict[str, Any]:
    """Paths in a kubeconfig are relative to the file that holds them."""
    names = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
    for entry in [*(document.get("clusters") or []), *(document.get("users") or [])]:
        for section in (entry.get("cluster"), entry.get("user")):
            for name in names:
                if isinstance(section, dict) and section.get(name):
                    section[name] = str(base / section[name])
    return document


def _merged(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The first to name something wins."""
    merged: dict[str, Any] = {"clusters": [], "users": [], "contexts": []}
    for document in documents:
        if not merged.get("current-context") and document.get("current-context"):
            merged["current-context"] = document["current-context"]
        for section in ("clusters", "users", "contexts"):
            known = {entry["name"] for entry in merged[section]}
            merged[section] += [entry for entry in document.get(section) or [] if entry["name"] not in known]
    return merged


def _entry(config: Mapping[str, Any], section: str, kind: str, name: str) -> Mapping[str, Any]:
    for entry in config.get(section) or []:
        if entry.get("name") == name:
            found: Mapping[str, Any] = entry.get(kind) or {}
            return found
    known = ", ".join(str(entry.get("name")) for entry in config.get(section) or []) or "none"
    raise KubeconfigError(f"the kubeconfig has no {kind} {name!r} (it has: {known})")
