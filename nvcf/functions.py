"""Function versions, as far as they tell who still pulls from a registry (NVCF contract 3.1, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SCHEME = re.compile(r"[a-z]+://")

RUNNING = frozenset({"ACTIVE", "DEPLOYING"})
"""States of a version that has, or is about to have, instances with a credential of their own."""


@dataclass(frozen=True)
class FunctionVersion:
    """One version of a function.

    Attributes:
        function_id: the function's id.
        version_id: the version's id.
        name: the function's name.
        status: ACTIVE, DEPLOYING, ERROR, INACTIVE or DELETED.
        hosts: hostnames that its image and chart come from.
    """

    function_id: str
    version_id: str
    name: str
    status: str
    hosts: frozenset[str]

    @property
    def is_running(self) -> bool:
        """Whether instances of it may hold a credential that they were given when they were deployed."""
        return self.status in RUNNING

    def __str__(self) -> str:
        return f"{self.name} (function {self.function_id}, version {self.version_id})"

    @classmethod
    def from_json(cls, data: object) -> FunctionVersion:
        """Read the server's description of a version.

        Raises:
            ValueError: it is not one.
        """
        fields = data if isinstance(data, Mapping) else {}
        found = {key: fields.get(key) for key in ("id", "versionId", "name", "status")}
        if not all(isinstance(value, str) for value in found.values()):
            raise ValueError("a function version has texts 'id', 'versionId', 'name' and 'status'")
        artifacts = (fields.get("containerImage"), fields.get("helmChart"))
        hosts = frozenset(host_of(each) for each in artifacts if isinstance(each, str) and each)
        return cls(str(found["id"]), str(found["versionId"]), str(found["name"]), str(found["status"]), hosts)


def host_of(reference: str) -> str:
    """Return the hostname that an image or chart reference begins with; images have no scheme."""
    return _SCHEME.sub("", reference, count=1).partition("/")[0]
