"""Pieces of stack configuration. Names carry the test's own, since all tests share one AWS and one cluster."""

from typing import Any

#: A static registry's password: looks like one, is none.
PASSWORD = "nvapi-static-password-of-the-tests"


def private(unique: str, name: str = "functions", **more: Any) -> dict[str, Any]:
    """Return a private ECR registry."""
    return {"name": name, "kind": "ecr-private", "prefix": f"{unique}-{name}", **more}


def public(unique: str, name: str = "samples", **more: Any) -> dict[str, Any]:
    """Return a public ECR registry."""
    return {"name": name, "kind": "ecr-public", "prefix": f"{unique}-{name}", **more}


def static(name: str = "ngc", **more: Any) -> dict[str, Any]:
    """Return a registry with a user name and password; the password is set with `EngineStack.set_secret`."""
    login = {"hostname": "nvcr.io", "username": "$oauthtoken"}
    return {"name": name, "kind": "ngc", **login, **more}


def pull_secret(unique: str, registry: str = "functions", **more: Any) -> dict[str, Any]:
    """Return a pull secret in the namespace that every cluster has, where nothing need be made and torn down."""
    return {"registry": registry, "namespaces": ["default"], "name": f"{unique}-{registry}", **more}


CLUSTER = {"kubeconfig": "$KUBECONFIG"}
