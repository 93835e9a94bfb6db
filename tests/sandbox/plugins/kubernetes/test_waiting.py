from typing import Any

import pytest

from sandbox.plugins.kubernetes.waiting import job_verdict, timeout_of


@pytest.mark.parametrize(
    ("requested", "annotations", "seconds"),
    [
        (5.0, {"pulumi.com/timeoutSeconds": "7"}, 5.0),
        (0.0, {"pulumi.com/timeoutSeconds": "7"}, 7.0),
        (0.0, {"pulumi.com/timeoutSeconds": "soon"}, 300.0),
        (0.0, {}, 300.0),
    ],
)
def test_the_resource_option_wins_over_the_annotation(
    requested: float, annotations: dict[str, str], seconds: float
) -> None:
    assert timeout_of(requested, {"metadata": {"annotations": annotations}}, 300.0) == seconds


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        ([], None),
        ([{"type": "Complete", "status": "False"}], None),
        ([{"type": "Suspended", "status": "True"}], None),
        ([{"type": "Complete", "status": "True", "reason": "R", "message": "m"}], (True, "R: m")),
        ([{"type": "Failed", "status": "True", "message": "m"}], (False, "m")),
    ],
)
def test_how_a_job_ended(conditions: list[dict[str, Any]], verdict: tuple[bool, str] | None) -> None:
    assert job_verdict({"status": {"conditions": conditions}}) == verdict
