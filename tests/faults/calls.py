"""The calls that an operation makes, as the emulators logged them, told apart without names of one stack."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Service = Literal["aws", "nvcf"]

_READS = re.compile(r"(Get|List|Describe|BatchGet|BatchCheck)[A-Za-z]*")
_NVCF_ROOT = "/v2/nvcf/"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, order=True)
class Call:
    """One call of an operation.

    Attributes:
        service: whose emulator is called.
        action: `service:Operation` at AWS, the method at NVCF.
        resource: an ARN with `{stack}` for the stack's name; a path with `{name}` for a credential's id.
        occurrence: which one of those with this action and resource, from 1.
    """

    service: Service
    action: str
    resource: str
    occurrence: int

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        if self.service == "nvcf":
            return self.action != "GET"
        return not _READS.fullmatch(self.action.partition(":")[2])

    @property
    def kind(self) -> str:
        """The action, and what kind of thing it is done to."""
        kind = self.resource if self.service == "nvcf" else self.resource.rpartition(":")[2].partition("/")[0]
        return f"{self.action} {re.sub('{.*?}', '…', kind)}"

    @property
    def label(self) -> str:
        """A short name; no other call of the operation has it."""
        resource = self.resource.rpartition(":")[2].replace("nvcf/nvcf-registry-", "").replace("{stack}-", "")
        count = f" #{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.action} {resource}{count}"


def recorded(
    aws: Iterable[Mapping[str, Any]], nvcf: Iterable[Mapping[str, Any]], stack: str, credentials: Mapping[str, str]
) -> list[Call]:
    """Return the calls of an operation.

    Args:
        aws: AWS's log.
        nvcf: NVCF's log.
        stack: the stack's name.
        credentials: names of the stack's credentials by id.
    """
    seen: list[tuple[Service, str, str]] = []
    for call in aws:
        resource = call["resources"][0] if call["resources"] else "*"
        seen.append(("aws", call["action"], re.sub(rf"\b{re.escape(stack)}\b", "{stack}", resource)))
    for call in nvcf:
        path = call["path"].removeprefix(_NVCF_ROOT)
        seen.append(("nvcf", call["method"], _UUID.sub(lambda found: f"{{{credentials[found[0]]}}}", path)))
    counts: Counter[tuple[Service, str, str]] = Counter()
    calls = []
    for each in seen:
        counts[each] += 1
        calls.append(Call(*each, counts[each]))
    return calls


def aws_fault(call: Call, stack: str) -> dict[str, Any]:
    """Return which calls of AWS a fault is meant for."""
    resource = re.escape(call.resource).replace(re.escape("{stack}"), re.escape(stack))
    return {"action": re.escape(call.action), "resource": resource, "skip": call.occurrence - 1}


def nvcf_fault(call: Call, credentials: Mapping[str, str]) -> dict[str, Any]:
    """Return which calls of NVCF a fault is meant for; `credentials` are the stack's names by id."""
    path = call.resource
    for id_, name in credentials.items():
        path = path.replace(f"{{{name}}}", id_)
    return {"method": call.action, "path": f"^{_NVCF_ROOT}{path}$", "skip": call.occurrence - 1}
