"""How what a stack makes is marked as its own, so that it can be found when nothing but the marks is left.

Names alone cannot tell: `<project>-dev-eu-x` may be registry `eu-x` of stack `dev`, or `x` of `dev-eu`. NVCF's marks
are in `nvcf.ownership`.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from nvcf.connection import NAMESPACE

PROJECT_TAG: Final = f"{NAMESPACE}:project"
STACK_TAG: Final = f"{NAMESPACE}:stack"
ON_DESTROY_TAG: Final = f"{NAMESPACE}:on-destroy"
"""Says `keep` on what is to stay when it leaves the stack."""
CREDENTIAL_TAG: Final = f"{NAMESPACE}:credential"
"""Says, on what is to stay, which NVCF credential it serves: NVCF's own tags cannot be changed to say so."""

PROJECT_LABEL: Final = f"{NAMESPACE}/project"
STACK_LABEL: Final = f"{NAMESPACE}/stack"
COMPONENT_LABEL: Final = "app.kubernetes.io/name"
COMPONENT: Final = "nvcf-registry-pull-secret"
"""The label, and its value, of all that belongs to a pull secret (`components.pull_secret`)."""

#: What Kubernetes takes for a label's value ("Labels and Selectors", Syntax and character set).
_LABEL_VALUE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def aws_tags(project: str, stack: str) -> dict[str, str]:
    """Return the tags of every AWS resource of a stack."""
    return {"managed-by": "pulumi", PROJECT_TAG: project, STACK_TAG: stack}


def kept_tags(credential_name: str, hostname: str) -> dict[str, str]:
    """Return the further tags of what stays when its registry leaves the stack.

    Args:
        credential_name: name of the registry's NVCF credential.
        hostname: its hostname.
    """
    return {ON_DESTROY_TAG: "keep", CREDENTIAL_TAG: credential_key(credential_name, hostname)}


def credential_key(name: str, hostname: str) -> str:
    """Return how a tag names an NVCF credential: name and hostname, which together are unique in an account."""
    return f"{name}@{hostname}"


def cluster_labels(project: str, stack: str) -> Mapping[str, str]:
    """Return the labels of every object of a stack in a cluster."""
    return {PROJECT_LABEL: label_value(project), STACK_LABEL: label_value(stack)}


def label_value(text: str) -> str:
    """Return a text as a label's value; what cannot be one is cut, and told apart by a part of its digest."""
    if _LABEL_VALUE.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', text).lstrip('._-')[:46]}-{digest}".lstrip("-")
