"""The pull secret's refresher: what it asks AWS, what it writes to the cluster, what it says on a failure."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from tests.unit.refresher.harness import HOST, SECRET_KEY, SHELLS, Answer, Refresher, Run

PASSWORD = "eyJwYXlsb2FkIjoic2VjcmV0LXRva2VuIn0="
TOKEN = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
EXPIRY = "2026-11-21T20:00:00Z"
GRANTED = Answer(out=f"{TOKEN}\t1795291200.5\n")
PATCHED = Answer(out="secret/nvcf-pull patched\n")


@pytest.fixture(params=SHELLS, ids=lambda shell: Path(shell[0]).name)
def refresher(request: pytest.FixtureRequest, tmp_path: Path) -> Refresher:
    return Refresher(tmp_path, request.param)


def aws_error(code: str, text: str = "refused") -> Answer:
    return Answer(
        err=f"\nAn error occurred ({code}) when calling the GetAuthorizationToken operation: {text}\n", status=254
    )


def kubernetes_error(reason: str, text: str) -> Answer:
    return Answer(err=f"Error from server ({reason}): {text}\n", status=1)


def docker_config(run: Run, call: int = 1) -> dict[str, dict[str, dict[str, str]]]:
    config = json.loads(base64.b64decode(run.patch(call)["data"][".dockerconfigjson"]))
    assert isinstance(config, dict)
    return config


def secrets_of(run: Run) -> list[str]:
    """Every form in which the token or the key could leak."""
    forms = [TOKEN, PASSWORD, SECRET_KEY]
    if run.calls("kubectl"):
        forms.append(run.patch()["data"][".dockerconfigjson"])
    return forms


def assert_nothing_leaked(run: Run) -> None:
    for secret in secrets_of(run):
        assert secret not in run.printed
        assert secret not in run.every_argument()


def test_a_private_token_ends_up_in_the_secret(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    run = refresher.run()
    assert run.status == 0, run.printed
    assert docker_config(run) == {"auths": {HOST: {"auth": TOKEN}}}
    assert run.out == f"pull secret nvcf-backend/nvcf-pull refreshed for {HOST}, valid until {EXPIRY}\n"
    assert run.err == ""
    assert_nothing_leaked(run)


def test_it_asks_ecr_in_the_registry_region(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    argv = refresher.run().argv("aws")
    assert argv[:2] == ["ecr", "get-authorization-token"]
    assert argv[argv.index("--region") + 1] == "us-west-2"


def test_ecr_public_always_logs_in_to_us_east_1(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    run = refresher.run(ECR_KIND="ecr-public", REGISTRY_HOSTS="public.ecr.aws", AWS_REGION="eu-west-1")
    assert run.status == 0, run.printed
    argv = run.argv("aws")
    assert argv[:2] == ["ecr-public", "get-authorization-token"]
    assert argv[argv.index("--region") + 1] == "us-east-1"
    assert docker_config(run) == {"auths": {"public.ecr.aws": {"auth": TOKEN}}}


def test_ecr_public_needs_no_region(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    del refresher.environment["AWS_REGION"]
    assert refresher.run(ECR_KIND="ecr-public", REGISTRY_HOSTS="public.ecr.aws").status == 0


def test_one_token_serves_several_hosts(refresher: Refresher) -> None:
    other = "210987654321.dkr.ecr.us-west-2.amazonaws.com"
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    run = refresher.run(REGISTRY_HOSTS=f"{HOST} {other} 127.0.0.1:5000")
    assert docker_config(run)["auths"].keys() == {HOST, other, "127.0.0.1:5000"}


def test_it_patches_exactly_the_one_secret_from_its_input(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    run = refresher.run()
    argv = run.argv("kubectl")
    assert argv[:5] == ["patch", "secret", "nvcf-pull", "--namespace", "nvcf-backend"]
    assert argv[argv.index("--type") + 1] == "merge"
    assert argv[argv.index("--patch-file") + 1] == "/dev/stdin"
    assert run.calls("kubectl") == 1
    assert run.patch().keys() == {"type", "metadata", "data"}
    assert run.patch()["type"] == "kubernetes.io/dockerconfigjson"


@pytest.mark.parametrize(
    ("reported", "written"),
    [
        ("1795291200.5", EXPIRY),
        ("1795291200", EXPIRY),
        ("2026-11-21T20:00:00.123000+00:00", EXPIRY),
        ("2026-11-21T20:00:00+00:00", EXPIRY),
        ("2026-11-21T21:00:00+01:00", "2026-11-21T21:00:00+01:00"),
    ],
)
def test_the_expiry_is_noted_on_the_secret(refresher: Refresher, reported: str, written: str) -> None:
    refresher.answers("aws", Answer(out=f"{TOKEN}\t{reported}\n"))
    refresher.answers("kubectl", PATCHED)
    notes = refresher.run().patch()["metadata"]["annotations"]
    assert notes["nvcf-registry/expires-at"] == written
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", notes["nvcf-registry/refreshed-at"])


def test_the_node_role_is_never_a_fallback(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    assert refresher.run().environment("aws")["AWS_EC2_METADATA_DISABLED"] == "true"


def test_no_file_stays_behind_and_none_holds_the_token(refresher: Refresher) -> None:
    refresher.answers("aws", aws_error("ThrottlingException"), GRANTED)
    refresher.answers("kubectl", PATCHED)
    assert refresher.run().status == 0
    assert list(refresher.tmp.iterdir()) == []


@pytest.mark.parametrize(
    "code",
    [
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "AccessDeniedException",
        "ThrottlingException",
        "TooManyRequestsException",
        "ServerException",
        "503",
    ],
)
def test_what_passes_with_time_is_tried_again(refresher: Refresher, code: str) -> None:
    refresher.answers("aws", aws_error(code), aws_error(code), GRANTED)
    refresher.answers("kubectl", PATCHED)
    run = refresher.run()
    assert run.status == 0, run.printed
    assert run.calls("aws") == 3
    assert run.err.count("\n") == 2
    assert "attempt 1 of 3 failed" in run.err
    assert code in run.err


def test_waits_double_up_to_half_a_minute(refresher: Refresher) -> None:
    refresher.answers("aws", aws_error("ThrottlingException"))
    run = refresher.run(REFRESH_ATTEMPTS="7", REFRESH_BACKOFF="2")
    assert re.findall(r"the next follows in (\d+) s", run.err) == ["2", "4", "8", "16", "30", "30"]
    assert run.calls("aws") == 7


def test_a_broken_connection_is_tried_again(refresher: Refresher) -> None:
    refresher.answers("aws", Answer(err='Could not connect to the endpoint URL: "https://x/"\n', status=255), GRANTED)
    refresher.answers(
        "kubectl",
        Answer(err="The connection to the server 10.0.0.1:443 was refused - did you specify it?\n", status=1),
        PATCHED,
    )
    run = refresher.run()
    assert run.status == 0, run.printed
    assert (run.calls("aws"), run.calls("kubectl")) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "calls", "cause", "remedy"),
    [
        (aws_error("UnrecognizedClientException"), 3, "does not know the access key", "run pulumi up"),
        (aws_error("InvalidSignatureException"), 3, "refuses the access key's signature", "check the clock"),
        (aws_error("AccessDeniedException"), 3, "AWS denies the login", "pull policy is attached"),
        (aws_error("ThrottlingException"), 3, "AWS throttles", "next scheduled run"),
        (aws_error("ValidationException"), 1, "no token from ECR", "ECR endpoint"),
        (
            Answer(
                err="\nAn error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity"
                " operation: Not authorized to perform sts:AssumeRoleWithWebIdentity\n",
                status=254,
            ),
            3,
            "does not let this service account take the role",
            "trust policy",
        ),
        (
            Answer(err="\nUnable to locate credentials. You can configure credentials\n", status=253),
            1,
            "no AWS credentials in the pod",
            "both entries",
        ),
        (Answer(status=1), 1, "failed without a message", "ECR endpoint"),
    ],
)
def test_a_login_that_stays_refused(refresher: Refresher, answer: Answer, calls: int, cause: str, remedy: str) -> None:
    refresher.answers("aws", answer)
    run = refresher.run()
    assert run.status == 1
    assert run.calls("aws") == calls
    assert run.calls("kubectl") == 0
    last = run.err.splitlines()[-1]
    assert last.startswith("pull secret nvcf-backend/nvcf-pull not refreshed: ")
    assert cause in last
    assert remedy in last
    assert run.out == ""
    assert_nothing_leaked(run)


@pytest.mark.parametrize(
    ("answer", "calls", "cause", "remedy"),
    [
        (
            kubernetes_error("Forbidden", 'secrets "nvcf-pull" is forbidden: cannot patch resource'),
            1,
            "the API server forbids it",
            "allows get and patch",
        ),
        (kubernetes_error("NotFound", 'secrets "nvcf-pull" not found'), 1, "is gone", "pulumi up"),
        (
            Answer(err='The Secret "nvcf-pull" is invalid: type: Invalid value: "x": field is immutable\n', status=1),
            1,
            "refuses the Secret",
            "not immutable",
        ),
        (
            Answer(err="error: You must be logged in to the server (Unauthorized)\n", status=1),
            1,
            "service account's token",
            "still exists",
        ),
        (
            Answer(
                err='The Secret "nvcf-pull" is invalid: data: Forbidden: field is immutable when `immutable` is set\n',
                status=1,
            ),
            1,
            "refuses the Secret",
            "kubernetes.io/dockerconfigjson",
        ),
        (kubernetes_error("InternalError", "etcd"), 3, "could not be patched", "API server"),
    ],
)
def test_a_patch_that_stays_refused(refresher: Refresher, answer: Answer, calls: int, cause: str, remedy: str) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", answer)
    run = refresher.run()
    assert run.status == 1
    assert run.calls("kubectl") == calls
    last = run.err.splitlines()[-1]
    assert cause in last
    assert remedy in last
    assert_nothing_leaked(run)


def test_a_message_that_ends_a_sentence_ends_it_once(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", Answer(err="did you specify the right host or port?\n", status=1))
    assert "right host or port. Check that" in refresher.run().err


def test_a_message_that_quotes_the_secrets_is_blanked(refresher: Refresher) -> None:
    config = json.dumps({"auths": {HOST: {"auth": TOKEN}}}, separators=(",", ":"))
    data = base64.b64encode(config.encode()).decode()
    quoting = Answer(err=f"error: bad patch {TOKEN} {data} {SECRET_KEY} {TOKEN} end\n", status=1)
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", quoting)
    run = refresher.run()
    assert "bad patch *** *** *** *** end" in run.err
    assert_nothing_leaked(run)


def test_warnings_of_the_tools_do_not_spoil_the_token(refresher: Refresher) -> None:
    refresher.answers("aws", Answer(out=GRANTED.out, err="DeprecationWarning: old Python\n"))
    refresher.answers("kubectl", PATCHED)
    run = refresher.run()
    assert docker_config(run)["auths"][HOST]["auth"] == TOKEN
    assert run.err == ""


@pytest.mark.parametrize("answer", ["", "None\tNone\n", f'{TOKEN}"\t1795291200\n', f"{TOKEN}\tsoon\n", "<html>"])
def test_an_answer_that_is_no_token_is_refused(refresher: Refresher, answer: str) -> None:
    refresher.answers("aws", Answer(out=answer))
    run = refresher.run()
    assert run.status == 1
    assert run.calls("kubectl") == 0
    assert_nothing_leaked(run)


@pytest.mark.parametrize("name", ["SECRET_NAME", "NAMESPACE", "ECR_KIND", "REGISTRY_HOSTS", "AWS_REGION"])
def test_a_missing_setting_is_named(refresher: Refresher, name: str) -> None:
    del refresher.environment[name]
    run = refresher.run()
    assert run.status == 2
    assert f"the environment variable {name} is missing" in run.err
    assert run.err.count("\n") == 1
    assert run.calls("aws") == 0


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("ECR_KIND", "ecr", "ECR_KIND is 'ecr'"),
        ("REGISTRY_HOSTS", f"https://{HOST}", "is not a host name"),
        ("REGISTRY_HOSTS", f'{HOST}"', "is not a host name"),
        ("AWS_REGION", "eu-west-1", "is not in region eu-west-1"),
        ("REFRESH_ATTEMPTS", "many", "no whole number"),
        ("REFRESH_ATTEMPTS", "0", "at least one attempt"),
        ("TMPDIR", "/nowhere", "/nowhere is not writable"),
    ],
)
def test_a_wrong_setting_is_explained(refresher: Refresher, setting: str, value: str, said: str) -> None:
    run = refresher.run(**{setting: value})
    assert run.status == 2
    assert said in run.err.splitlines()[-1]
    assert run.calls("aws") == 0


def test_a_trace_does_not_print_the_token(refresher: Refresher) -> None:
    refresher.answers("aws", GRANTED)
    refresher.answers("kubectl", PATCHED)
    refresher.trace = True
    run = refresher.run()
    assert run.status == 0
    assert_nothing_leaked(run)
