"""The independent IAM evaluator, as an external process.

`@cloud-copilot/iam-simulate` (AGPL) is a development tool only: it is installed from `package-lock.json` by
`npm ci`, runs in its own process, and is neither imported nor shipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from policies.document import Document

HERE = Path(__file__).parent
INSTALL = "run 'make unit', which installs it, or 'npm ci --prefix tests/least_privilege'"


class SimulatorMissingError(RuntimeError):
    """Node.js or the evaluator is not installed."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request put to the evaluator.

    Attributes:
        action: `service:Action`.
        resource: a concrete ARN, or `*` for an action that knows no resource.
        identity: names of the policies the principal has.
        principal: who asks, as an ARN.
        account: the account the resource lies in.
        boundary: name of the principal's permissions boundary, if any.
        trust: name of the resource's own policy, if any.
        context: condition keys of the request.
    """

    action: str
    resource: str
    identity: tuple[str, ...]
    principal: str
    account: str
    boundary: str | None = None
    trust: str | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evaluator decided.

    Attributes:
        allowed: whether the request goes through.
        by: the statements that allow it.
    """

    allowed: bool
    by: tuple[str, ...]


def decide(documents: Mapping[str, Document | Mapping[str, object]], questions: Sequence[Question]) -> list[Verdict]:
    """Put questions to the evaluator; one process answers all of them.

    Args:
        documents: the policies by name, ours or as IAM writes them.
        questions: the requests.

    Raises:
        SimulatorMissingError: Node.js or the evaluator is not installed.
        ValueError: a question is none: unknown action, malformed ARN, a context key the action does not have.
    """
    asked = {
        "documents": {
            name: document.to_dict() if isinstance(document, Document) else document
            for name, document in documents.items()
        },
        "requests": [
            {
                "action": question.action,
                "resource": question.resource,
                "identity": question.identity,
                "principal": question.principal,
                "account": question.account,
                "boundary": question.boundary,
                "trust": question.trust,
                "context": question.context,
            }
            for question in questions
        ],
    }
    done = subprocess.run(
        [_node(), str(HERE / "simulate.mjs")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the evaluator failed: {done.stderr.strip()}")
    return [_verdict(question, answer) for question, answer in zip(questions, json.loads(done.stdout), strict=True)]


def _verdict(question: Question, answer: Mapping[str, object]) -> Verdict:
    where = f"{question.action} on {question.resource}"
    if "error" in answer:
        raise ValueError(f"{where}: {answer['error']}")
    if answer["ignored"]:
        raise ValueError(f"{where}: the action has no context key {answer['ignored']}")
    by = answer["by"]
    assert isinstance(by, list)
    return Verdict(allowed=answer["allowed"] is True, by=tuple(by))


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise SimulatorMissingError("the least-privilege tests need Node.js 20 or later: install it, then " + INSTALL)
    if not (HERE / "node_modules" / "@cloud-copilot" / "iam-simulate").is_dir():
        raise SimulatorMissingError("the least-privilege tests need @cloud-copilot/iam-simulate: " + INSTALL)
    return node
