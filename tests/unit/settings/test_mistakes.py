"""Every mistake in a configuration is found, at its config path, with a word on what would be right."""

import json
from typing import Any

import pytest

from settings import Problem, Settings, Surroundings, check
from settings.identity_rules import identity_problems

AROUND = Surroundings(
    project="nvcf-registry",
    stack="test",
    environ={"NVCF_ENDPOINT": "https://nvcf.example.com", "NVCF_TOKEN": "a-token"},
    secret_keys=frozenset({"nvcf-registry:registries", "nvcf-registry:nvcfToken"}),
)
PRIVATE: dict[str, Any] = {"name": "functions", "kind": "ecr-private", "prefix": "nvcf"}
PUBLIC: dict[str, Any] = {"name": "samples", "kind": "ecr-public", "prefix": "samples"}
NGC: dict[str, Any] = {
    "name": "ngc",
    "kind": "ngc",
    "hostname": "nvcr.io",
    "username": "$oauthtoken",
    "password": "nvapi-key",
}
PULL: dict[str, Any] = {"registry": "functions", "namespaces": ["nvcf-backend"]}
ECR_HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


def configuration(
    *registries: dict[str, Any], pull_secrets: list[dict[str, Any]] | None = None, **others: Any
) -> dict[str, str]:
    """Return configuration as the engine hands it on: structured values as JSON text."""
    values: dict[str, Any] = {"registries": list(registries), **others}
    if pull_secrets is not None:
        values |= {"pullSecrets": pull_secrets, "cluster": {"eks": "c"}, **others}
    return {
        f"nvcf-registry:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }


def found(config: dict[str, str], around: Surroundings = AROUND) -> list[Problem]:
    """Return every problem of a configuration."""
    return list(check(config, around)[1])


def test_a_good_configuration_has_no_problem() -> None:
    config = configuration(PRIVATE, PUBLIC, NGC, pull_secrets=[PULL, {**PULL, "registry": "ngc"}])
    settings, problems = check(config, AROUND)
    assert problems == ()
    assert [registry.name for registry in settings.registries] == ["functions", "samples", "ngc"]
    assert settings.pull_secrets[1].secret_name == "ngc-pull"


HOSTNAMES = [
    ("https://" + ECR_HOST, "scheme"),
    (ECR_HOST + "/nvcf", "path"),
    (ECR_HOST + ":443", "port"),
    (ECR_HOST + "/", "slash"),
    (ECR_HOST.upper(), "upper"),
    (ECR_HOST + ".", "dot"),
    (ECR_HOST.replace("123456789012", "12345678901"), "12 digits"),
    (ECR_HOST.replace("us-west-2", "us-west-9"), "us-west-9"),
    (ECR_HOST + ".cn", "China"),
    (ECR_HOST.replace(".ecr.", ".ecr-fips."), "FIPS"),
    ("123456789012.dkr-ecr.us-west-2.on.aws", "dual-stack"),
]


@pytest.mark.parametrize(("hostname", "word"), HOSTNAMES)
def test_hostnames_that_nvcf_does_not_take(hostname: str, word: str) -> None:
    (problem,) = found(configuration({**PRIVATE, "hostname": hostname}))
    assert problem.path == "nvcf-registry:registries[0].hostname"
    assert word.lower() in problem.text.lower()


PREFIXES = [
    ("/nvcf", "slash"),
    ("nvcf/", "slash"),
    ("", "empty"),
    ("nvcf*", "wildcard"),
    ("NVCF", "lower case"),
    ("*", "allowEveryRepository"),
    ("n" * 300, "characters"),
]


@pytest.mark.parametrize(("prefix", "word"), PREFIXES)
def test_prefixes_that_do_not_scope_a_policy(prefix: str, word: str) -> None:
    problems = found(configuration({**PRIVATE, "prefix": prefix}))
    assert [problem.path for problem in problems] == ["nvcf-registry:registries[0].prefix"]
    assert word in problems[0].text


def test_a_prefix_and_name_over_256_characters() -> None:
    (problem,) = found(configuration({**PRIVATE, "repositories": ["r" * 252]}))
    assert problem.path == "nvcf-registry:registries[0].repositories[0]"
    assert "256" in problem.text


@pytest.mark.parametrize(
    ("registry", "path", "word"),
    [
        ({**PRIVATE, "name": "Functions"}, "name", "lower-case"),
        ({"kind": "ecr-private", "prefix": "nvcf"}, "name", "missing"),
        ({"name": "a"}, "kind", "missing"),
        ({**PRIVATE, "kind": "ecr"}, "kind", "ecr-private"),
        ({"name": "a", "kind": "ecr-private"}, "prefix", "missing"),
        ({**PRIVATE, "prefx": "a"}, "prefx", "did you mean prefix"),
        ({**PRIVATE, "artifactTypes": ["MODEL"]}, "artifactTypes", "MODEL"),
        ({**PRIVATE, "artifactTypes": ["IMAGE"]}, "artifactTypes[0]", "CONTAINER"),
        ({**PRIVATE, "artifactTypes": []}, "artifactTypes", "empty"),
        ({**PRIVATE, "credentialName": "c" * 49}, "credentialName", "48"),
        ({**PRIVATE, "tags": ["team/x"]}, "tags", "team/x"),
        ({**PRIVATE, "description": "d" * 257}, "description", "256"),
        ({**PRIVATE, "keyGeneration": 0}, "keyGeneration", "greater than or equal to 1"),
        ({**PRIVATE, "previousKey": "gone"}, "previousKey", "absent"),
        ({**PRIVATE, "adopt": "functions"}, "adopt", "registryCredentialId"),
        ({**PRIVATE, "adopt": {"credential": "functions"}}, "adopt", "registryCredentialId"),
        ({**PRIVATE, "adopt": {"users": True}}, "adopt.users", "did you mean user?"),
        ({**NGC, "adopt": {"policy": True}}, "adopt.policy", "no IAM user"),
        ({**PUBLIC, "repositories": ["a"], "adopt": {"repositories": ["a"]}}, "adopt.repositories", "pulumi import"),
        ({**PRIVATE, "adopt": {"user": "functions"}}, "adopt.user", "true or false"),
        ({**PRIVATE, "adopt": {"repositories": ["a"]}}, "adopt.repositories[0]", "there is none"),
        ({**PRIVATE, "repositories": ["b"], "adopt": {"repositories": ["a"]}}, "adopt.repositories[0]", "there are: b"),
        ({**PRIVATE, "username": "ASIAIOSFODNN7EXAMPLE", "password": "s"}, "username", "temporary"),
        ({**PRIVATE, "username": "AKIAIOSFODNN7EXAMPLE"}, "password", "missing"),
        ({**PRIVATE, "password": "s"}, "username", "missing"),
        ({**PRIVATE, "alias": "a"}, "alias", "ecr-public"),
        ({**PRIVATE, "repositories": ["a", "a"]}, "repositories[1]", "already"),
        ({**PRIVATE, "repositories": [{"name": "a", "keepImages": 0}]}, "repositories[0].keepImages", "1"),
        ({**PRIVATE, "repositories": [{"name": "a", "kmsKey": "k"}]}, "repositories[0].kmsKey", "arn:aws:kms"),
        ({**PRIVATE, "repositories": [{"name": "a", "mutableTags": ["a b"]}]}, "repositories[0].mutableTags[0]", "*"),
        ({**PRIVATE, "repositories": [{"name": "a", "mutableTags": ["***"]}]}, "repositories[0].mutableTags[0]", "2"),
        (
            {**PRIVATE, "repositories": [{"name": "a", "protectedTags": ["*" * 5]}]},
            "repositories[0].protectedTags[0]",
            "4",
        ),
        ({**PUBLIC, "repositories": [{"name": "a", "scanOnPush": True}]}, "repositories[0].scanOnPush", "public"),
        ({**PRIVATE, "repositories": [{"name": "a", "catalog": {}}]}, "repositories[0].catalog", "public"),
        ({**NGC, "prefix": "nvcf"}, "prefix", "ecr-private"),
        ({**NGC, "username": "bob"}, "username", "$oauthtoken"),
        ({**NGC, "password": None}, "password", "missing"),
        ({**NGC, "hostname": "nvcr.io/nvidia"}, "hostname", "path"),
        ({**NGC, "password": "with\nnewline"}, "password", "line"),
    ],
)
def test_one_mistake_in_a_registry(registry: dict[str, Any], path: str, word: str) -> None:
    problems = found(configuration(registry))
    assert [problem.path for problem in problems] == [f"nvcf-registry:registries[0].{path}"]
    assert word in problems[0].text


@pytest.mark.parametrize(
    ("pull_secret", "path", "word"),
    [
        ({"namespaces": ["a"]}, "registry", "functions"),
        ({**PULL, "registry": "other"}, "registry", "functions"),
        ({**PULL, "namespaces": []}, "namespaces", "empty"),
        ({**PULL, "namespaces": ["a", "a"]}, "namespaces[1]", "twice"),
        ({**PULL, "namespaces": ["A"]}, "namespaces[0]", "lower-case"),
        ({**PULL, "name": "n" * 45}, "name", "44"),
        ({**PULL, "refreshSchedule": "0 0 * * *"}, "refreshSchedule", "6 hours"),
        ({**PULL, "refreshSchedule": "hourly"}, "refreshSchedule", "five"),
        ({**PULL, "image": "alpine"}, "image", "full image path"),
        ({**PULL, "auth": "role"}, "auth", "irsa"),
        ({**PULL, "oidcProvider": "x"}, "oidcProvider", "auth: irsa"),
        ({**PULL, "auth": "irsa", "oidcProvider": "x"}, "oidcProvider", "arn:aws:iam"),
    ],
)
def test_one_mistake_in_a_pull_secret(pull_secret: dict[str, Any], path: str, word: str) -> None:
    problems = found(configuration(PRIVATE, pull_secrets=[pull_secret]))
    assert [problem.path for problem in problems] == [f"nvcf-registry:pullSecrets[0].{path}"]
    assert word in problems[0].text


@pytest.mark.parametrize(
    ("config", "path", "word"),
    [
        (configuration(PRIVATE, PRIVATE), "registries[1].name", "already"),
        (
            configuration(NGC, {**NGC, "name": "ngc2", "credentialName": "ngc"}),
            "registries[1].credentialName",
            "host and name",
        ),
        (
            configuration({**PRIVATE, "repositories": ["a"]}, {**PRIVATE, "name": "more", "repositories": ["b", "a"]}),
            "registries[1].repositories[1]",
            "registries[0].repositories[0]",
        ),
        (configuration(PRIVATE, pull_secrets=[PULL, PULL]), "pullSecrets[1].name", "pullSecrets[0]"),
        (configuration(PRIVATE, pullSecrets=[PULL]), "cluster", "missing"),
        (configuration(PRIVATE, cluster={"eks": "a", "context": "b"}), "cluster", "EKS"),
        (configuration(PRIVATE, nvcf={"endpoint": "not a url"}), "nvcf.endpoint", "https://"),
        (configuration(PRIVATE, nvcf={"endpint": "https://a.example"}), "nvcf.endpint", "did you mean endpoint"),
        (configuration(PRIVATE, nvcf="text"), "nvcf", "structured"),
        (configuration(PRIVATE, registrys=[]), "registrys", "did you mean registries"),
        (configuration(PRIVATE, permissionsBoundary="b"), "permissionsBoundary", "arn:aws:iam"),
    ],
)
def test_mistakes_between_sections(config: dict[str, str], path: str, word: str) -> None:
    problems = found(config)
    assert [problem.path for problem in problems] == [f"nvcf-registry:{path}"]
    assert word in problems[0].text


def test_missing_endpoint_and_token() -> None:
    around = Surroundings("nvcf-registry", "test", {}, frozenset())
    problems = found(configuration(PRIVATE), around)
    assert [problem.path for problem in problems] == ["nvcf-registry:nvcf.endpoint", "nvcf-registry:nvcfToken"]
    assert "NVCF_ENDPOINT" in problems[0].text
    assert "--secret" in problems[1].text


def test_secrets_in_plain_text() -> None:
    around = Surroundings("nvcf-registry", "test", AROUND.environ, frozenset())
    problems = found(configuration(NGC, nvcfToken="plain-token"), around)
    assert {problem.path for problem in problems} == {
        "nvcf-registry:registries[0].password",
        "nvcf-registry:nvcfToken",
    }
    assert all("plain text" in problem.text for problem in problems)


def test_the_public_alias_as_prefix_is_a_warning() -> None:
    (problem,) = found(configuration({**PUBLIC, "prefix": "acme", "alias": "acme"}))
    assert problem.warning
    assert "alias" in problem.text


def test_every_repository_is_a_warning_when_opted_in_to() -> None:
    (problem,) = found(configuration({**PRIVATE, "prefix": "*", "allowEveryRepository": True}))
    assert problem.warning


def test_names_too_long_for_iam() -> None:
    around = Surroundings("nvcf-registry", "a-rather-long-stack-name-for-an-environment", AROUND.environ, frozenset())
    (problem,) = found(configuration({**PRIVATE, "name": "functions-of-the-team"}), around)
    assert problem.path == "nvcf-registry:registries[0].name"
    assert "64" in problem.text


def test_all_mistakes_are_found_at_once() -> None:
    config = configuration(
        {**PRIVATE, "hostname": "https://" + ECR_HOST, "prefix": "/NVCF", "keyGeneration": "two", "extra": 1},
        {**NGC, "hostname": "nvcr.io:443", "username": "bob", "artifactTypes": ["CONTAINER", "TAR"]},
        pull_secrets=[{"registry": "nobody", "namespaces": ["Upper"]}],
        nvcf={"endpoint": "ftp://x"},
    )
    assert {problem.path.removeprefix("nvcf-registry:") for problem in found(config)} == {
        "nvcf.endpoint",
        "registries[0].hostname",
        "registries[0].prefix",
        "registries[0].keyGeneration",
        "registries[0].extra",
        "registries[1].hostname",
        "registries[1].username",
        "registries[1].artifactTypes[1]",
        "pullSecrets[0].registry",
        "pullSecrets[0].namespaces[0]",
    }


def test_no_text_of_a_problem_shows_a_secret() -> None:
    secret = "hunter2:\nmarker"
    config = configuration(
        {**NGC, "password": secret},
        {**PRIVATE, "username": "ASIAIOSFODNN7EXAMPLE", "password": secret, "keyGeneration": 2},
        {**NGC, "name": "third", "password": {"nested": secret}},
        nvcfToken=secret,
    )
    problems = found(config)
    assert problems
    assert not any("hunter2" in str(problem) or "marker" in str(problem) for problem in problems)
    assert "hunter2" not in repr(check(config, AROUND)[0])


def test_accounts_and_regions_other_than_the_deployers() -> None:
    host = "999999999999.dkr.ecr.eu-west-1.amazonaws.com"
    settings, _ = check(configuration({**PRIVATE, "hostname": host, "repositories": ["a"]}), AROUND)
    account, region = identity_problems(settings, account="123456789012", region="us-west-2")
    assert account.path == region.path == "nvcf-registry:registries[0].hostname"
    assert "999999999999" in account.text
    assert "eu-west-1" in region.text
    assert not list(identity_problems(settings, account="999999999999", region="eu-west-1"))


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "us-west-9"])
def test_regions_that_nvcf_or_the_policies_do_not_know(region: str) -> None:
    settings, _ = check(configuration(PRIVATE), AROUND)
    (problem,) = identity_problems(settings, account="123456789012", region=region)
    assert problem.path == "aws:region"
    assert region in problem.text
    assert "pulumi config set aws:region" in problem.text


def test_a_region_that_nothing_is_made_in_is_no_mistake() -> None:
    by_hand = {**PRIVATE, "hostname": ECR_HOST, "username": "AKIAIOSFODNN7EXAMPLE", "password": "x"}
    settings, _ = check(configuration(by_hand), AROUND)
    assert not list(identity_problems(settings, account="123456789012", region="us-gov-west-1"))


def test_a_hostname_in_another_partition() -> None:
    host = "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com"
    settings, _ = check(configuration({**PRIVATE, "hostname": host}), AROUND)
    (problem,) = identity_problems(settings, account="123456789012", region="us-west-2")
    assert problem.path == "nvcf-registry:registries[0].hostname"
    assert "aws-us-gov" in problem.text


def test_a_username_that_nvcf_would_split() -> None:
    harbor = {**NGC, "kind": "harbor", "hostname": "harbor.example.com", "username": "robot:x"}
    (problem,) = found(configuration(harbor))
    assert problem.path == "nvcf-registry:registries[0].username"
    assert "':'" in problem.text


def test_resources_that_would_share_a_name() -> None:
    config = configuration(
        {**PRIVATE, "name": "nvcf", "repositories": ["dev-app"]},
        {**PRIVATE, "name": "nvcf-dev", "prefix": "other", "repositories": ["app"]},
        pull_secrets=[
            {"registry": "nvcf", "name": "p", "namespaces": ["a-b"]},
            {"registry": "nvcf", "name": "p", "namespaces": ["c"]},
            {"registry": "nvcf", "name": "p-a", "namespaces": ["b"]},
        ],
    )
    assert {problem.path.removeprefix("nvcf-registry:") for problem in found(config)} == {
        "registries[1].repositories[0]",
        "pullSecrets[1].name",
        "pullSecrets[2].name",
    }


def test_settings_cannot_be_changed() -> None:
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.permissions_boundary = "x"
