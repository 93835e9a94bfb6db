from __future__ import annotations

import pytest

from nvcf import credential_rules as rules


@pytest.mark.parametrize("name", ["a", "ECR.private_1-x", "9", "n" * 48])
def test_good_names(name: str) -> None:
    assert rules.name_mistake(name) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("", "empty"),
        ("n" * 49, "49 characters"),
        ("-a", "'-a'"),
        ("a/b", "'a/b'"),
        ("a b", "'a b'"),
        ("é", "'é'"),
        ("a\n", "'a\\n'"),
    ],
)
def test_bad_names(name: str, part: str) -> None:
    assert part in str(rules.name_mistake(name))


def test_tags() -> None:
    assert rules.tags_mistakes(["env=prod", "team:ml", "a_b-1", "x" * 128]) == []
    assert rules.tags_mistakes(f"t{n}" for n in range(64)) == []
    assert [str(m) for m in rules.tags_mistakes(f"t{n}" for n in range(65))] == ["has 65 tags. NVCF takes at most 64."]
    texts = [str(m) for m in rules.tags_mistakes(["team/x", "a.b", "", "y" * 129])]
    assert len(texts) == 4
    assert any("'team/x'" in text for text in texts)
    assert any("129 characters" in text for text in texts)


def test_descriptions() -> None:
    assert rules.description_mistake("x" * 256) is None
    assert "257" in str(rules.description_mistake("x" * 257))


def test_artifact_types() -> None:
    assert rules.artifact_types_mistake(list(rules.ARTIFACT_TYPES)) is None
    assert "empty" in str(rules.artifact_types_mistake([]))
    assert "Write 'HELM'" in str(rules.artifact_types_mistake(["CONTAINER", "helm"]))
    assert "'CHART'" in str(rules.artifact_types_mistake(["CHART"]))
