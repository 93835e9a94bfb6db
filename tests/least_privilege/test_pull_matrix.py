"""Both pull policies against the independent evaluator: what is in the matrix is exactly what they do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.document import Document
from tests.least_privilege import simulator
from tests.least_privilege.matrix import ACCOUNT, PULLER, Matrix, Row, matrices
from tests.least_privilege.simulator import Question, SimulatorMissingError, decide

MATRICES = {matrix.name: matrix for matrix in matrices()}


def question(matrix: Matrix, row: Row) -> Question:
    return Question(
        row.action, row.resource, identity=(matrix.name,), principal=PULLER, account=row.account, context=row.context
    )


@pytest.mark.parametrize("name", MATRICES)
def test_every_request_is_decided_as_it_must_be(name: str) -> None:
    matrix = MATRICES[name]
    verdicts = decide({name: matrix.document}, [question(matrix, row) for row in matrix.rows])
    wrong = [
        f"{row} expected ({row.why}), the evaluator says otherwise"
        for row, verdict in zip(matrix.rows, verdicts, strict=True)
        if row.allowed != verdict.allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("name", MATRICES)
def test_every_statement_is_needed_by_some_request(name: str) -> None:
    matrix = MATRICES[name]
    verdicts = decide({name: matrix.document}, [question(matrix, row) for row in matrix.rows])
    used = {statement for verdict in verdicts for statement in verdict.by}
    assert used == {statement.sid for statement in matrix.document.statements}


def test_every_action_a_policy_allows_is_asked_for() -> None:
    for matrix in MATRICES.values():
        granted = {action for statement in matrix.document.statements for action in statement.actions}
        assert granted <= {row.action for row in matrix.rows if row.allowed}


def test_the_matrices_are_large_enough_to_mean_something() -> None:
    for name in ("ecr-private", "ecr-public"):
        rows = MATRICES[name].rows
        assert len(rows) >= 60
        assert len({(row.action, row.resource) for row in rows}) == len(rows)
        assert all(row.why for row in rows)


def test_a_request_names_one_concrete_resource() -> None:
    with pytest.raises(ValueError, match="one concrete resource"):
        Row("ecr:BatchGetImage", "arn:aws:ecr:us-west-2:123456789012:repository/*", allowed=True, why="")


def test_a_wider_policy_would_be_noticed() -> None:
    """The guides' two mistakes, put to the same matrix: a prefix without a slash, and the alias as prefix."""
    private, public = MATRICES["ecr-private"], MATRICES["ecr-public"]
    leaky = private.document.to_json().replace("repository/nvcf/*", "repository/nvcf*")
    aliased = public.document.to_json().replace("repository/nvcf/*", "repository/my-alias/*")
    assert mistakes(private, leaky) == {"nvcf", "nvcf-evil/echo-server", "nvcfx"}
    assert mistakes(public, aliased) == {row.repository for row in public.rows if row.allowed and row.repository}


def test_every_repository_is_not_two_stars() -> None:
    """`repository/*/*`, which the guide's REPO_PREFIX="*" gives, misses the names without a slash."""
    matrix = MATRICES["ecr-private-all"]
    two_stars = matrix.document.to_json().replace("repository/*", "repository/*/*")
    assert mistakes(matrix, two_stars) == {"nvcf", "nvcfx", "echo-server"}


def mistakes(matrix: Matrix, document: str) -> set[str]:
    rows = [row for row in matrix.rows if row.repository]
    verdicts = decide({matrix.name: json.loads(document)}, [question(matrix, row) for row in rows])
    return {row.repository for row, verdict in zip(rows, verdicts, strict=True) if row.allowed != verdict.allowed}


def test_without_the_evaluator_the_proof_fails_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(simulator, "HERE", tmp_path)
    with pytest.raises(SimulatorMissingError, match="npm ci --prefix tests/least_privilege"):
        decide({}, [])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SimulatorMissingError, match=r"need Node\.js"):
        decide({}, [])


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("ecr:PullImage", "*", {}),
        ("ecr:BatchGetImage", "arn:aws:ecr:us-west-2:123456789012:repository/*", {}),
        ("ecr:BatchGetImage", "arn:aws:s3:::bucket", {}),
        ("ecr:BatchGetImage", "arn:aws:ecr:us-west-2:123456789012:repository/nvcf/x", {"iam:PolicyARN": "arn:x"}),
    ],
)
def test_a_question_that_is_none_is_an_error(action: str, resource: str, context: dict[str, str]) -> None:
    document: dict[str, Document] = {"p": MATRICES["ecr-private"].document}
    asked = Question(action, resource, identity=("p",), principal=PULLER, account=ACCOUNT, context=context)
    with pytest.raises(ValueError, match=action):
        decide(document, [asked])
