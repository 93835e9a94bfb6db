from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nvcf.hostnames import bare_hostname, hostname_mistake

SERVER_RULE = re.compile(r"(?=^.{4,253}$)(^((?!-)[a-zA-Z0-9-]{1,63}(?<!-)\.)+[a-zA-Z0-9]{2,63}$)", re.ASCII)
"""The server's own rule (NVCF contract 1.3)."""

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
LAST_LABELS = st.from_regex(r"[a-z]{2,10}", fullmatch=True)
HOSTNAMES = st.builds(
    lambda labels, last: ".".join([*labels, last]), st.lists(LABELS, min_size=1, max_size=4), LAST_LABELS
)


@pytest.mark.parametrize(
    ("hostname", "problem", "remedy"),
    [
        ("", "is empty", "public.ecr.aws"),
        ("docker .io", "white space", "bare hostname"),
        (" docker.io", "white space", "'docker.io'"),
        ("docker.io\n", "white space", "'docker.io'"),
        ("https://docker.io", "scheme ('https://')", "'docker.io'"),
        ("oci://docker.io/x", "scheme ('oci://')", "'docker.io'"),
        ("docker.io/team/app", "path ('/team/app')", "'docker.io'"),
        ("docker.io/", "ends with a slash", "'docker.io'"),
        ("docker.io:443", "port (':443')", "'docker.io'"),
        ("Docker.io", "upper case", "'docker.io'"),
        ("docker.io.", "ends with a dot", "'docker.io'"),
        ("my_registry.example.com", "underscore", "hyphens"),
        ("10.0.0.1", "IPv4", "DNS name"),
        ("[::1]", "IPv6", "DNS name"),
        ("2001:db8::1", "IPv6", "DNS name"),
        ("localhost", "no dot", "domain"),
        ("regístry.example.com", "ASCII", "xn--"),
        ("-a.example.com", "'-a'", "inner hyphens"),
        ("a..example.com", "''", "1 to 63"),
        (f"{'a' * 64}.example.com", "no DNS label", "1 to 63"),
        ("example.c", "ends in '.c'", "2 to 63"),
        (".".join(["a" * 60] * 5), "304 characters", "253"),
    ],
)
def test_each_mistake_has_its_own_reason_and_remedy(hostname: str, problem: str, remedy: str) -> None:
    mistake = hostname_mistake(hostname)
    assert mistake is not None
    assert problem in mistake.problem
    assert remedy in mistake.remedy


def test_user_information_is_not_repeated() -> None:
    mistake = hostname_mistake("https://bob:hunter22@docker.io")
    assert mistake is not None
    assert "'@'" in mistake.problem
    assert "docker.io" in mistake.remedy
    assert "hunter22" not in str(mistake)
    assert "bob" not in str(mistake)


@settings(deadline=None)
@given(HOSTNAMES)
def test_good_hostnames_pass(hostname: str) -> None:
    assert SERVER_RULE.fullmatch(hostname)
    assert hostname_mistake(hostname) is None


@settings(deadline=None)
@given(st.text(max_size=40))
@example("a.bc\n")
@example("1.2.3.44")
def test_what_passes_here_passes_at_the_server(text: str) -> None:
    if hostname_mistake(text) is None:
        assert SERVER_RULE.fullmatch(text)
        assert text == text.lower()


@settings(deadline=None)
@given(
    st.lists(st.text("aZ0-9", min_size=1, max_size=6), min_size=2, max_size=4)
    .map(".".join)
    .filter(SERVER_RULE.fullmatch)
)
@example("1.2.3.44")
def test_what_the_server_takes_passes_here_but_for_upper_case_and_addresses(hostname: str) -> None:
    mistake = hostname_mistake(hostname)
    if mistake is not None:
        assert "upper case" in mistake.problem or "IPv4" in mistake.problem


@settings(deadline=None)
@given(HOSTNAMES, st.sampled_from(["https://{}", "{}:443", "{}/", "{}/a/b", "{}.", "http://u@{}/x", " {}"]))
def test_decorated_hostnames_fail_and_the_remedy_names_the_bare_one(hostname: str, decoration: str) -> None:
    decorated = decoration.format(hostname)
    mistake = hostname_mistake(decorated)
    assert mistake is not None
    assert bare_hostname(decorated) == hostname
    assert f"'{hostname}'" in mistake.remedy
