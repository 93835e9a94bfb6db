"""The marks of what a stack makes fit where they go, and tell stacks apart."""

import re

from hypothesis import given
from hypothesis import strategies as st

from settings.marks import cluster_labels, kept_tags, label_value

#: What Pulumi takes for a stack's name ("Stacks", Create a stack).
STACK_NAMES = st.text("abcXYZ019._-", min_size=1, max_size=100)
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")


@given(STACK_NAMES)
def test_every_stack_name_becomes_a_label(name: str) -> None:
    value = label_value(name)
    assert len(value) <= 63
    assert LABEL_VALUE.fullmatch(value)


@given(STACK_NAMES, STACK_NAMES)
def test_two_stacks_never_have_one_label(one: str, other: str) -> None:
    assert (label_value(one) == label_value(other)) == (one == other)


def test_a_usual_name_stays_as_it_is() -> None:
    assert cluster_labels("nvcf-registry", "dev.eu") == {
        "nvcf-registry/project": "nvcf-registry",
        "nvcf-registry/stack": "dev.eu",
    }


def test_a_kept_thing_names_its_credential_in_letters_that_aws_takes() -> None:
    tags = kept_tags("functions", "123456789012.dkr.ecr.us-west-2.amazonaws.com")
    assert tags["nvcf-registry:on-destroy"] == "keep"
    assert re.fullmatch(r"[\w .:/=+@-]{1,256}", tags["nvcf-registry:credential"])
