"""What went on around the recorded exchanges: stand-ins told to fail, and exchanges that the files do not have."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.sandbox.nvcf.replay import Direction, Stage

ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
GOOD = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

SECOND_KEY = "AKIASECONDKEY000000A:secondKeyOfTheSameUser0000000000000EXAMPL"

MANAGE = "manage_registry_credentials"
ADMIN = "account_setup,admin:manage_registry_credentials"
UNAUTHORIZED = {"status": 401, "body": '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'}
DEAD = {
    "status": 400,
    "body": (
        '{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}'
    ),
}
BUSY = {"status": 429, "body": '{"errors":[{"code":"TOOMANYREQUESTS","message":"Too Many Requests"}]}'}
THROTTLED = {"status": 400, "body": '{"__type":"ThrottlingException","message":"Rate exceeded"}'}
DENIED = {
    "status": 400,
    "body": (
        '{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::123456789012:user/ci is not authorized to '
        "perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
        'ecr:GetAuthorizationToken action"}'
    ),
}
EXPIRED = {
    "status": 400,
    "body": (
        '{"__type":"InvalidSignatureException","message":"Signature expired: 20261121T070000Z is now earlier than '
        '20261121T071500Z (20261121T072000Z - 5 min.)"}'
    ),
}
BROKEN = {"status": 500, "body": '{"__type":"ServerException","message":"An internal server error occurred"}'}


def encoded(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def credential(name: str, pair: str = GOOD, host: str = ECR, types: tuple[str, ...] = ("CONTAINER",)) -> dict[str, Any]:
    return {
        "registryHostname": host,
        "secret": {"name": name, "value": encoded(pair)},
        "artifactTypes": list(types),
    }


def logins(table: Mapping[str, object]) -> Direction:
    """Registries answer these logins so, and let all others pass."""

    async def direction(stage: Stage) -> None:
        await stage.hook("PUT", "/registries", {"logins": dict(table)})

    return direction


def secret_store(*, down: bool) -> Direction:
    async def direction(stage: Stage) -> None:
        await stage.hook("PUT", "/secret-store", {"down": down})

    return direction


async def _orphan(stage: Stage) -> None:
    """A row whose secret never was stored: POST while the store is down."""
    response = await stage.client.request(
        "POST",
        "/v2/nvcf/registry-credentials",
        headers={"Authorization": stage.token("client-1", MANAGE)},
        json=credential("orphan"),
    )
    assert response.status_code == 502, response.text
    listed = await stage.call("GET", "/v2/nvcf/registry-credentials", "client-1", MANAGE)
    rows = listed["registryCredentials"]
    (own,) = [c["registryCredentialId"] for c in rows if c["registryCredentialName"] == "orphan"]
    stage.ids["bed4bb78-ac7b-4aee-8abc-bff3e526334e"] = own
    await stage.hook("PUT", "/secret-store", {"down": False})


async def _orphan_is_deleted(stage: Stage) -> None:
    own = stage.ids["bed4bb78-ac7b-4aee-8abc-bff3e526334e"]
    await stage.call("DELETE", f"/v2/nvcf/registry-credentials/{own}", "client-1", MANAGE)


FIRST: dict[int, Direction] = {371: secret_store(down=True), 375: _orphan, 378: _orphan_is_deleted}
"""By exchange number, what happened before it in the first recording."""

NOT_PLAYED_FIRST: dict[int, str] = {
    **dict.fromkeys(range(214, 227), "parallel calls, whose outcome is chance, and the cleaning up after them"),
    **dict.fromkeys((140, 141), "the 33 kB body is cut in the recording"),
    196: "the recording's network did not resolve one AWS region",
}
"""Exchanges that hang on the recording's surroundings, and why."""


def first_and_last_key(first: Mapping[str, object], last: Mapping[str, object]) -> Direction:
    """How AWS answers for the credential of acct-fn-3 that is tried first, and for the one tried last.

    Credentials are tried in the order of their ids, which the servers make; so the order is looked up.
    """
    pairs = {"ecr-c": GOOD, "ecr-c2": SECOND_KEY}

    async def direction(stage: Stage) -> None:
        path = "/v2/nvcf/registry-credentials?artifactType=CONTAINER"
        listed = await stage.call("GET", path, "fn-3", MANAGE)
        names = [c["registryCredentialName"] for c in listed["registryCredentials"]]
        table = {pairs[names[0]]: first, pairs[names[-1]]: last}
        await stage.hook("PUT", "/registries", {"logins": {p: a for p, a in table.items() if a}})

    return direction


def call(method: str, path: str, subject: str, scopes: str, body: object = None) -> Direction:
    """An exchange that the recording does not have. Recorded ids in the path are the emulator's own by then."""

    async def direction(stage: Stage) -> None:
        for recorded, own in stage.ids.items():
            if recorded in path:
                await stage.call(method, path.replace(recorded, own), subject, scopes, body)
                return
        await stage.call(method, path, subject, scopes, body)

    return direction


def functions(*recorded: tuple[str, str]) -> Direction:
    """Functions of acct-fn-3 that missing exchanges made; each is known by its recorded id and version id."""

    async def direction(stage: Stage) -> None:
        for function_id, version_id in recorded:
            body = {
                "name": "f",
                "inferenceUrl": "/infer",
                "inferencePort": 8000,
                "containerImage": f"{ECR}/team/app:v1",
            }
            made = await stage.call("POST", "/v2/nvcf/functions", "fn-3", "register_function", body)
            stage.ids[function_id] = made["function"]["id"]
            stage.ids[version_id] = made["function"]["versionId"]

    return direction


def new_credential(recorded: str, subject: str, body: Mapping[str, Any]) -> Direction:
    """A credential that a missing exchange made."""

    async def direction(stage: Stage) -> None:
        made = await stage.call("POST", "/v2/nvcf/registry-credentials", subject, MANAGE, body)
        stage.ids[recorded] = made["registryCredential"]["registryCredentialId"]

    return direction


def bootstrap_without_store(account: str) -> Direction:
    """A bootstrap while the secret store is down: 502, and a row is left behind."""

    async def direction(stage: Stage) -> None:
        await stage.hook("PUT", "/secret-store", {"down": True})
        response = await stage.client.request(
            "POST",
            f"/v2/nvcf/accounts/{account}",
            headers={"Authorization": stage.token("super-admin", ADMIN)},
            json=bootstrap(account),
        )
        assert response.status_code == 502, response.text
        await stage.hook("PUT", "/secret-store", {"down": False})

    return direction


def bootstrap(account: str) -> dict[str, Any]:
    both = [credential("sys-c"), credential("sys-h", types=("HELM",))]
    return {"name": account, "adminClientId": account.removeprefix("acct-"), "registryCredentials": both}


async def _secret_is_lost(stage: Stage) -> None:
    own = stage.ids["e367a2a2-5e36-4b30-8e3d-86ac483f1465"]
    lost = await stage.hook("DELETE", f"/secrets/acct-x-1/{own}")
    assert lost == {"lost": True}


def in_turn(*directions: Direction) -> Direction:
    async def direction(stage: Stage) -> None:
        for one in directions:
            await one(stage)

    return direction


_ACCOUNT = "/v2/nvcf/accounts/acct-acc-1"
_CREDENTIALS = "/v2/nvcf/registry-credentials"
_CUSTOM = "registry.custom.example.com"
_ALL_REVOKED = logins(dict.fromkeys(("bob:good4", "$oauthtoken:nvapi-good-4", "u:p4"), UNAUTHORIZED))

SECOND: dict[int, Direction] = {
    64: first_and_last_key({}, DEAD),
    65: first_and_last_key(DEAD, THROTTLED),
    67: first_and_last_key(DEAD, {}),
    68: logins({}),
    106: logins(
        {
            "ratelimited:x": {
                "status": 429,
                "body": '{"errors":[{"code":"TOOMANYREQUESTS","message":"Too Many Requests"}]}',
            }
        }
    ),
    150: _ALL_REVOKED,
    155: in_turn(
        logins({}),
        functions(("48af60f8-bf78-4d54-938b-c9773ec8c8cd", "86d0e0bb-63fd-4712-bb4d-76d12a184895")),
    ),
    187: logins({"AKIAUNKNOWN000000000:x": DEAD}),
    328: call("POST", _CREDENTIALS, "z-1", MANAGE, credential("z", SECOND_KEY)),
    454: call(
        "POST",
        _ACCOUNT,
        "super-admin",
        ADMIN,
        {"name": "acct-acc-1", "adminClientId": "acc-1", "maxFunctionsAllowed": 3, "maxRegistryCredentialsAllowed": 2},
    ),
    472: call("PATCH", _ACCOUNT, "super-admin", ADMIN, {"maxRegistryCredentialsAllowed": 2}),
    478: call(
        "PATCH",
        f"{_CREDENTIALS}/d6d0b8d9-95d2-4556-ae33-e6550f5d2665",
        "acc-1",
        MANAGE,
        {"secret": {"name": "a", "value": encoded("u:p2")}},
    ),
    493: call("POST", _CREDENTIALS, "acc-1", MANAGE, credential("c", "u:p", _CUSTOM)),
    496: call("PATCH", f"{_ACCOUNT}/clients/disassociate", "super-admin", ADMIN, {"adminClientId": "acc-1-bis"}),
    499: call("DELETE", _ACCOUNT, "super-admin", ADMIN),
    514: call(
        "POST",
        "/v2/nvcf/accounts/acct-boot-6",
        "super-admin",
        ADMIN,
        {
            "name": "acct-boot-6",
            "adminClientId": "boot-6",
            "registryCredentials": [
                {**credential("sys-both", types=("CONTAINER", "HELM")), "tags": ["boot"], "description": "bootstrap"}
            ],
        },
    ),
    538: bootstrap_without_store("acct-boot-23"),
    682: bootstrap_without_store("acct-con-b3"),
    685: call("POST", "/v2/nvcf/accounts/acct-con-b3", "super-admin", ADMIN, bootstrap("acct-con-b3")),
    688: in_turn(
        new_credential("b344353d-0b7b-4746-ba83-3fc577896146", "x-1", credential("n")), logins({GOOD: DENIED})
    ),
    689: logins({GOOD: EXPIRED}),
    691: logins({GOOD: DEAD}),
    692: logins({GOOD: BROKEN}),
    694: logins({GOOD: DENIED}),
    697: logins({GOOD: EXPIRED}),
    698: logins({GOOD: THROTTLED}),
    700: logins({GOOD: BROKEN}),
    703: logins({}),
    704: _secret_is_lost,
    710: secret_store(down=True),
    713: secret_store(down=False),
    716: secret_store(down=True),
}
"""By exchange number, what happened before it in the second recording."""

NOT_PLAYED_SECOND: dict[int, str] = {
    157: "lists functions that missing exchanges made",
    **dict.fromkeys(range(367, 453), "calls at once against the rate limiter; test_rate_limit plays the bursts"),
}
"""Exchanges that hang on the recording's surroundings, and why."""
