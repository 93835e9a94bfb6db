"""A policy as text a reviewer can read."""

from __future__ import annotations

from policies.document import Document, Statement
from policies.ecr_pull import private_pull
from policies.explain import explain
from policies.trust import ServiceAccount, web_identity


def test_every_statement_shows_what_on_what_and_why() -> None:
    document = private_pull(account="123456789012", region="us-west-2", prefix="nvcf")
    text = "\n".join(explain(document))
    for statement in document.statements:
        assert f"{statement.sid}\n" in text
        assert all(action in text for action in statement.actions)
        assert all(f"  on       {resource}\n" in text for resource in statement.resources)
        assert statement.reason in " ".join(text.split())
        assert statement.wildcard in " ".join(text.split())
    assert f"{document.size} of 6144 characters used" in text


def test_a_trust_policy_shows_who_and_when() -> None:
    provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A"
    text = "\n".join(explain(web_identity(provider_arn=provider, service_accounts=[ServiceAccount("ns", "sa")])))
    assert f"tokens of {provider}" in text
    assert ":sub StringEquals system:serviceaccount:ns:sa" in text
    assert "of 2048 characters used" in text
    assert "wildcard" not in text


def test_lines_are_short_and_arns_stay_whole() -> None:
    long_arn = "arn:aws:ecr:us-west-2:123456789012:repository/" + "x" * 120
    document = Document((Statement("Read", ("ecr:BatchGetImage",), (long_arn,), "why " * 60),))
    lines = explain(document)
    assert any(long_arn in line for line in lines)
    assert all(len(line) <= 100 or long_arn in line for line in lines)
