"""IAM policy documents as immutable data.

A document here only ever allows: IAM denies whatever no statement allows, so a list of `Allow` statements
is the whole truth about an identity and can be read from top to bottom. Every statement says why it is there,
and one that holds a wildcard says why it cannot name its resource more closely; a document without those
reasons cannot be built.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

POLICY_VERSION: Final = "2012-10-17"
"""The current version of the IAM policy language ("Grammar of the IAM JSON policy language")."""

MANAGED_POLICY_LIMIT: Final = 6144
"""Most characters in a customer managed policy; IAM does not count white space ("IAM and STS quotas")."""

TRUST_POLICY_LIMIT: Final = 2048
"""Most characters in a role's trust policy by default ("IAM and STS quotas")."""

_SID: Final = re.compile(r"[A-Za-z0-9]+")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z]+")


class PolicyError(ValueError):
    """A policy that IAM would refuse, or that this project refuses to build."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a statement; all of a statement's conditions must hold.

    Attributes:
        operator: an IAM condition operator, such as `StringEquals`.
        key: the context key compared, such as `iam:PermissionsBoundary`.
        values: the values of which one must match.
    """

    operator: str
    key: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise PolicyError(f"condition {self.operator} on {self.key} compares with nothing: name at least one value")


@dataclass(frozen=True, slots=True)
class Statement:
    """One permission: these actions on these resources, for this reason.

    Attributes:
        sid: the statement's name in the document; letters and digits, as IAM demands.
        actions: the actions allowed, each `service:Action`; a wildcard here is refused, so that an action
            AWS adds tomorrow is not granted today.
        resources: the ARNs the actions are allowed on; empty exactly when `federated` is given.
        reason: why the identity needs this at all.
        wildcard: why the resources hold a wildcard; needed when one does, refused when none does.
        conditions: what must be true of the request besides.
        federated: for a role's trust policy, the ARN of the identity provider whose tokens may take the role.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str
    wildcard: str = ""
    conditions: tuple[Condition, ...] = ()
    federated: str = ""

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise PolicyError(f"statement name {self.sid!r} is not valid in IAM: use letters and digits only")
        if not self.reason.strip():
            raise PolicyError(f"statement {self.sid} gives no reason: say why the identity needs it")
        self._check_actions()
        self._check_resources()

    def _check_actions(self) -> None:
        if not self.actions:
            raise PolicyError(f"statement {self.sid} allows no action: name at least one")
        for action in self.actions:
            if not _ACTION.fullmatch(action):
                raise PolicyError(
                    f"statement {self.sid} allows {action!r}: name every action in full, as in ecr:BatchGetImage"
                )
        _refuse_duplicates(f"statement {self.sid}", "action", self.actions)

    def _check_resources(self) -> None:
        if bool(self.resources) == bool(self.federated):
            raise PolicyError(
                f"statement {self.sid} needs either resources (a permission) or a federated principal (a"
                " trust), not both"
            )
        _refuse_duplicates(f"statement {self.sid}", "resource", self.resources)
        wild = [resource for resource in (*self.resources, self.federated) if "*" in resource or "?" in resource]
        if wild and not self.wildcard.strip():
            raise PolicyError(
                f"statement {self.sid} allows the wildcard {wild[0]!r} without a reason:"
                " name the resource in full, or say why that is not possible"
            )
        if self.wildcard and not wild:
            raise PolicyError(f"statement {self.sid} explains a wildcard but holds none: drop the explanation")

    def to_dict(self) -> dict[str, object]:
        """Return the statement as IAM reads it; the reasons stay behind."""
        statement: dict[str, object] = {"Sid": self.sid, "Effect": "Allow"}
        if self.federated:
            statement["Principal"] = {"Federated": self.federated}
        statement["Action"] = sorted(self.actions)
        if self.resources:
            statement["Resource"] = sorted(self.resources)
        if self.conditions:
            statement["Condition"] = _conditions_to_dict(self.sid, self.conditions)
        return statement


@dataclass(frozen=True, slots=True)
class Document:
    """A whole policy document.

    Attributes:
        statements: the permissions, in reading order.
        limit: the most characters IAM accepts for this kind of document, white space not counted.
    """

    statements: tuple[Statement, ...]
    limit: int = MANAGED_POLICY_LIMIT

    def __post_init__(self) -> None:
        if not self.statements:
            raise PolicyError("the policy has no statement: IAM refuses an empty document")
        sids = [statement.sid for statement in self.statements]
        _refuse_duplicates("the policy", "statement name", sids)
        if self.size > self.limit:
            largest = max(self.statements, key=lambda statement: len(_compact(statement.to_dict())))
            raise PolicyError(
                f"the policy has {self.size} characters and IAM takes {self.limit}; its largest statement is"
                f" {largest.sid} with {len(largest.resources)} resources: give related repositories a common"
                " prefix,"
                " or split the work over several stacks"
            )

    @property
    def size(self) -> int:
        """Characters IAM counts against its limit: all but white space."""
        return len(re.sub(r"\s", "", self.to_json()))

    def to_dict(self) -> dict[str, object]:
        """Return the document as IAM reads it, ready for a JSON encoder."""
        return {
            "Version": POLICY_VERSION,
            "Statement": [statement.to_dict() for statement in self.statements],
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the document as JSON text.

        Equal documents give equal text: actions and resources are sorted, keys come in IAM's customary order.
        Without `indent` the text holds no superfluous white space, and is what belongs in a resource's
        input.

        Args:
            indent: spaces a level, for reading.
        """
        return _compact(self.to_dict()) if indent is None else json.dumps(self.to_dict(), indent=indent)


def _conditions_to_dict(sid: str, conditions: Sequence[Condition]) -> dict[str, dict[str, object]]:
    grouped: dict[str, dict[str, object]] = {}
    for condition in sorted(conditions, key=lambda one: (one.operator, one.key)):
        keys = grouped.setdefault(condition.operator, {})
        if condition.key in keys:
            raise PolicyError(
                f"statement {sid} has {condition.operator} on {condition.key} twice: JSON keeps one; join the values"
            )
        values = sorted(condition.values)
        keys[condition.key] = values[0] if len(values) == 1 else values
    return grouped


def _refuse_duplicates(where: str, what: str, values: Sequence[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise PolicyError(f"{where} has the {what} {value} twice: drop one")
        seen.add(value)


def _compact(document: Mapping[str, object]) -> str:
    return json.dumps(document, separators=(",", ":"))
