"""What happens when NVCF cannot do as asked: a clear error, nothing lost from state, and convergence afterwards.

Every case is a stack of its own in an NVCF account of its own, so that all run side by side: some failures are tried
again for a minute before they count.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.environment import ACCESS_KEY_ID, SECRET_ACCESS_KEY, nvcf_token
from tests.engine.configurations import private
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Account, Aws, Nvcf, token_without_scopes
from tests.engine.stacks import EngineError, EngineStack, Run

#: Stacks that work at the same time. Most of them wait, so more than there are processors.
AT_ONCE = 8
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
MADE_BEFORE = {"functions-user", "functions-policy", "functions-attachment", "functions-key-b"}


@dataclass(frozen=True)
class Case:
    """One way for NVCF to fail.

    Attributes:
        faults: faults of the emulator, on the routes of the case's account only.
        environment: environment variables during the failure.
        said: what the error must say; empty when the run must succeed all the same.
        warned: what the run that succeeds must say.
        prepare: does something in the account before.
        repair: what a user does to the account afterwards, as the error tells.
    """

    faults: list[Mapping[str, Any]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    warned: str = ""
    prepare: Callable[[Account, Aws], None] = lambda account, aws: None
    repair: Callable[[Account], None] = lambda account: None


def _post(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "method": "POST", **more}


def _twins(account: Account, aws: Aws) -> None:
    """Make two credentials of one host and name, as two runs at the very same moment do."""
    aws.fault("ecr:GetAuthorizationToken", delay=1.0, times=2)
    ready = threading.Barrier(2)

    def register() -> int:
        ready.wait()
        return account.create(HOST, "functions", f"{ACCESS_KEY_ID}:{SECRET_ACCESS_KEY}").status_code

    with ThreadPoolExecutor(2) as threads:
        statuses = [run.result() for run in [threads.submit(register) for _ in range(2)]]
    assert statuses == [200, 200]


def _delete_one(account: Account) -> None:
    account.delete(account.credentials()[0]["registryCredentialId"])


CASES = {
    # Longer than the client waits for an answer.
    "too slow": Case([_post("delay", seconds=62, when="after")], warned="was taken over with the declared secret"),
    "unreachable": Case(
        environment={"NVCF_ENDPOINT": "http://127.0.0.1:9"},
        said=("NVCF at http://127.0.0.1:9 cannot be reached", "Check the endpoint"),
    ),
    "bad token": Case(
        environment={"NVCF_TOKEN": "dev.bm90LWpzb24"},
        said=("NVCF does not accept the token", "in NVCF_TOKEN or the secret nvcf-registry:nvcfToken"),
    ),
    "token without scope": Case(
        environment={"NVCF_TOKEN": token_without_scopes("ncp")},
        said=("may not manage registry credentials", "Use a token with the scope admin:manage_registry_credentials"),
    ),
    "refused by 500": Case([_post("status", status=500)], said=("NVCF failed in itself (500)",)),
    "down for long": Case(
        [_post("status", status=503, times=None)], said=("is in trouble (503)", "Run again when it has recovered")
    ),
    "throttling for long": Case(
        [_post("throttle", times=None)], said=("NVCF asks to slow down (429)", "Run again in a minute")
    ),
    "not NVCF": Case(
        [_post("not-json", status=200, when="after")],
        said=("answered 200 with a body that is no JSON object", "no login page or gateway stands before it"),
        warned="was taken over with the declared secret",
    ),
    "twins": Case(
        said=("several credentials named 'functions'", "delete the others"), prepare=_twins, repair=_delete_one
    ),
    "throttled": Case([_post("throttle", times=2)]),
    "502 once": Case([_post("status", status=502)]),
    "503 after the effect": Case(
        [_post("status", status=503, when="after")], warned="was taken over with the declared secret"
    ),
    "cut before the effect": Case([_post("cut")]),
    "cut after the effect": Case([_post("cut", when="after")], warned="was taken over with the declared secret"),
    "secret store down": Case([_post("secret-store-down")], warned="was taken over with the declared secret"),
}
LASTING = [name for name, case in CASES.items() if any(fault.get("times", 1) is None for fault in case.faults)]
FAILING = [name for name, case in CASES.items() if case.said]


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        first: the run during the failure.
        failed: whether it failed.
        state: names of the resources in state after it.
        last: the run after the failure; the first one where that did not fail.
    """

    stack: EngineStack
    first: Run
    failed: bool
    state: set[str]
    last: Run


@pytest.fixture(scope="module")
def outcomes(make_stack: MakeStack, nvcf: Nvcf, aws: Aws) -> dict[str, Outcome]:
    def during(case: Case, unique: str) -> tuple[EngineStack, Run, bool, set[str]]:
        stack = make_stack(unique, nvcf={"account": unique}, registries=[private(unique)])
        stack.environment["NVCF_TOKEN"] = nvcf_token()
        case.prepare(stack.nvcf, aws)
        for fault in case.faults:
            nvcf.fault(**fault, path=f"/accounts/{unique}/registry-credentials")
        usual = dict(stack.environment)
        stack.environment.update(case.environment)
        try:
            run, failed = stack.up(), False
        except EngineError as error:
            run, failed = error.run, True
        stack.environment = usual
        return stack, run, failed, stack.names()

    def whole(case: Case, unique: str) -> Outcome:
        stack, first, failed, state = during(case, unique)
        return Outcome(stack, first, failed, state, after(case, stack) if failed else first)

    def after(case: Case, stack: EngineStack) -> Run:
        case.repair(stack.nvcf)
        return stack.up()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        # Those that wait a minute begin first, and go on when the faults that last have been cleared.
        lasting = {name: threads.submit(during, CASES[name], next_name()) for name in LASTING}
        others = {name: threads.submit(whole, CASES[name], next_name()) for name in CASES if name not in LASTING}
        ended = {name: run.result() for name, run in lasting.items()}
        outcomes = {name: run.result() for name, run in others.items()}
        nvcf.clear_faults()
        last = {name: threads.submit(after, CASES[name], ended[name][0]) for name in LASTING}
        return outcomes | {name: Outcome(*ended[name], last[name].result()) for name in LASTING}


@pytest.mark.parametrize("name", FAILING)
def test_the_error_names_the_credential_the_cause_and_the_remedy(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert outcome.failed
    said = outcome.first.diagnostics
    assert f"NVCF registry credential 'functions' for {HOST}" in said
    assert [words for words in CASES[name].said if words not in said] == []
    assert "Traceback" not in outcome.first.output


@pytest.mark.parametrize("name", FAILING)
def test_what_was_made_is_in_state(outcomes: dict[str, Outcome], aws: Aws, name: str) -> None:
    outcome = outcomes[name]
    assert outcome.state >= MADE_BEFORE
    assert "functions-credential" not in outcome.state
    (key,) = aws.users(outcome.stack.name)[f"nvcf-registry-{outcome.stack.name}-functions"]
    assert key == outcome.stack.registry()["activeKeyId"], "the next run made another key"


@pytest.mark.parametrize("name", [name for name in CASES if name not in FAILING])
def test_a_failure_that_passes_is_not_seen(outcomes: dict[str, Outcome], name: str) -> None:
    assert not outcomes[name].failed, outcomes[name].first.diagnostics


@pytest.mark.parametrize("name", CASES)
def test_in_the_end_there_is_one_credential_with_the_one_key(outcomes: dict[str, Outcome], aws: Aws, name: str) -> None:
    stack = outcomes[name].stack
    (credential,) = stack.nvcf.credentials()
    assert credential["registryCredentialId"] == stack.registry()["credentialId"]
    login = stack.nvcf.login("functions")
    assert aws.users(stack.name) == {f"nvcf-registry-{stack.name}-functions": [login[0]]}
    assert aws.client("ecr", login).get_authorization_token()["authorizationData"]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.warned])
def test_a_credential_that_was_found_is_spoken_of(outcomes: dict[str, Outcome], name: str) -> None:
    assert CASES[name].warned in outcomes[name].last.output


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_run_shows_no_secret(outcomes: dict[str, Outcome], name: str) -> None:
    stack = outcomes[name].stack
    secrets = [stack.nvcf.login("functions")[1], stack.environment["NVCF_TOKEN"]]
    searched = [*stack.transcript, stack.state_text()]
    assert not [secret for secret in secrets if any(secret in text for text in searched)]
