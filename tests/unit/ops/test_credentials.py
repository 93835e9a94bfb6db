"""Which credentials are listed, whose they are, and which may be deleted."""

from dataclasses import replace

import pytest

from nvcf.credentials import Credential
from ops.credentials import Held, chosen, refuse_held
from ops.errors import RefusedError
from tests.unit.ops.facts_of import facts

_FOUND = facts().credential
assert _FOUND is not None
OURS: Credential = replace(_FOUND, id="a", tags=frozenset({"stack=nvcf-registry:dev"}))
SYSTEM = replace(
    OURS, id="s", name="sys", provisioned_by="SYSTEM", artifact_types=frozenset({"HELM"}), tags=frozenset()
)
BY_HAND = replace(OURS, id="h", name="hand", tags=frozenset())


def test_filters_by_type_and_provisioner() -> None:
    every = [SYSTEM, BY_HAND, OURS]
    assert [each.credential.id for each in chosen(every, [], None, {})] == ["a", "h", "s"]
    assert [each.credential.id for each in chosen(every, ["HELM"], None, {})] == ["s"]
    assert [each.credential.id for each in chosen(every, [], "USER", {})] == ["a", "h"]


def test_whose_a_credential_is() -> None:
    assert [each.whose for each in chosen([OURS, BY_HAND], [], None, {"h": "prod"})] == [
        "nvcf-registry:dev, not held by any stack here",
        "prod",
    ]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Held(BY_HAND, "prod", None), "The stack 'prod' holds"),
        (Held(SYSTEM, None, None), "came with the account"),
        (Held(OURS, None, "nvcf-registry:dev"), "--abandoned"),
    ],
)
def test_what_somebody_has_is_not_deleted(held: Held, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        refuse_held(held, abandoned=False)


def test_what_nobody_has_may_go() -> None:
    refuse_held(Held(BY_HAND, None, None), abandoned=False)
    refuse_held(Held(OURS, None, "nvcf-registry:dev"), abandoned=True)
