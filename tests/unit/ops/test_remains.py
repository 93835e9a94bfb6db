"""Whether something that was found is left over: by marks, by states, and never by names alone."""

from typing import Any

import pytest

from ops.remains.found import Found, Kind, Owner
from ops.remains.holdings import Holding, access_key_key, credential_key, holding, object_key
from ops.remains.judgement import Judged, Standing, Wanted, judge

DEV = Wanted("p", frozenset({"dev"}))
USER = "arn:aws:iam::123456789012:user/nvcf/p-dev-functions"
OWNER = Owner("p", "dev")


def user(owner: Owner | None = OWNER, name: str = "p-dev-functions", **more: Any) -> Found:
    arn = f"arn:aws:iam::123456789012:user/nvcf/{name}"
    return Found(Kind.USER, arn, arn, "AWS", owner, identity=name, **more)


def access_key(key_id: str, owner: Owner | None = OWNER, of: str = USER) -> Found:
    return Found(Kind.ACCESS_KEY, access_key_key(key_id), key_id, "AWS", owner, user=of)


def credential(name: str = "functions", owner: Owner | None = OWNER) -> Found:
    return Found(Kind.CREDENTIAL, credential_key("1"), "1", "NVCF", owner, credential=f"{name}@host")


def held(*keys: str, stack: str = "dev") -> Holding:
    return Holding(stack, frozenset(keys), pending=False, namespaces=frozenset(), arns=frozenset())


def standings(judged: list[Judged]) -> dict[str, Standing]:
    return {each.found.name.rpartition("/")[2]: each.standing for each in judged}


def test_what_a_state_holds_is_not_left_over() -> None:
    found = [access_key("AKIA1"), user(), credential()]
    keys = (USER, access_key_key("AKIA1"), credential_key("1"))
    assert set(standings(judge(found, DEV, [held(*keys)], ["dev"])).values()) == {Standing.HELD}
    assert set(standings(judge(found, DEV, [], ["dev"])).values()) == {Standing.LEFT}
    other = judge([credential()], DEV, [held(credential_key("1"), stack="prod")], ["dev", "prod"])
    assert [(each.standing, each.note) for each in other] == [(Standing.HELD, "the state of the stack 'prod' holds it")]


def test_another_stacks_is_left_out_however_alike_the_names_are() -> None:
    eu = Owner("p", "dev-eu")
    found = [user(eu, "p-dev-eu-functions"), credential(owner=eu), user(Owner("q", "dev"), "p-dev-x")]
    assert judge(found, DEV, [], ["dev"]) == []
    assert len(judge(found, Wanted("p", None), [], ["dev"])) == 2


@pytest.mark.parametrize(
    ("name", "known", "stack"),
    [
        ("p-dev-functions", {"dev"}, "dev"),
        ("p-dev-eu-functions", {"dev"}, "dev"),
        ("p-dev-eu-functions", {"dev", "dev-eu"}, None),
        ("p-development", {"dev"}, None),
        ("q-dev-functions", {"dev"}, None),
    ],
)
def test_what_has_no_mark_is_shown_by_its_name(name: str, known: set[str], stack: str | None) -> None:
    judged = judge([user(None, name)], DEV, [], known)
    assert [(each.standing, each.stack) for each in judged] == ([(Standing.UNMARKED, stack)] if stack else [])


def test_a_key_goes_by_its_user_and_a_strange_one_is_for_people_to_judge() -> None:
    found = [access_key("AKIA1"), access_key("AKIA2"), user()]
    judged = standings(judge(found, DEV, [held(USER, access_key_key("AKIA1"))], ["dev"]))
    assert judged == {
        "AKIA1": Standing.HELD,
        "AKIA2": Standing.UNMARKED,
        "p-dev-functions": Standing.HELD,
    }
    unmarked = judge([access_key("AKIA1", None), user(None)], DEV, [], ["dev"])
    assert set(standings(unmarked).values()) == {Standing.UNMARKED}
    assert judge([access_key("AKIA1", Owner("q", "x"), of="arn:of-another")], DEV, [], ["dev"]) == []


def test_what_is_kept_on_purpose_keeps_its_credential() -> None:
    found = [access_key("AKIA1"), user(kept=True, serves="functions@host"), credential(), credential("other")]
    judged = judge(found[:3], DEV, [], ["dev"])
    assert {each.standing for each in judged} == {Standing.KEPT}
    assert judge([credential("other")], DEV, [], ["dev"])[0].standing is Standing.LEFT
    assert judge([credential("other")], DEV, [], ["dev"], ["other@host"])[0].standing is Standing.KEPT


def test_what_uses_comes_before_what_is_used() -> None:
    found = [user(), credential(), access_key("AKIA1"), Found(Kind.CLUSTER_OBJECT, "o", "Secret a/b", "c", OWNER)]
    assert [each.found.kind for each in judge(found, DEV, [], ["dev"])] == [
        Kind.CLUSTER_OBJECT,
        Kind.CREDENTIAL,
        Kind.ACCESS_KEY,
        Kind.USER,
    ]


def resource(kind: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:{kind}::{id_}", "type": kind, "id": id_, "custom": True, **more}


def test_the_keys_of_a_state() -> None:
    provider = resource("pulumi:providers:kubernetes", "cluster", inputs={"clusterIdentifier": "gpu"})
    reference = f"{provider['urn']}::cluster"
    export = {
        "deployment": {
            "resources": [
                provider,
                resource("aws:iam/user:User", "p-dev-functions", outputs={"arn": USER}),
                resource("aws:iam/accessKey:AccessKey", "AKIA1", delete=True),
                resource("aws:ecr/repository:Repository", "a/b", outputs={"arn": "arn:aws:ecr:r:1:repository/a/b"}),
                resource("pulumi-python:dynamic/nvcf:RegistryCredential", "1"),
                resource("kubernetes:core/v1:Secret", "space/pull", provider=reference),
                resource("kubernetes:core/v1:Namespace", "space", provider=reference),
                {**resource("nvcf-registry:index:EcrPuller", ""), "custom": False},
            ],
            "pending_operations": [{"type": "creating"}],
        }
    }
    read = holding("dev", export)
    assert read.keys == {
        USER,
        access_key_key("AKIA1"),
        "arn:aws:ecr:r:1:repository/a/b",
        credential_key("1"),
        object_key("gpu", "Secret", "space/pull"),
        object_key("gpu", "Namespace", "space"),
    }
    assert (read.pending, set(read.namespaces)) == (True, {"space"})
    assert read.arns == {USER, "arn:aws:ecr:r:1:repository/a/b"}
    assert holding("dev", {}).keys == frozenset()
