"""What the keys that a stack really made can do: what the matrix of the policies says, call by call."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.engine.configurations import private, public
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack
from tests.least_privilege.matrix import PREFIX, matrices, sandbox_rows
from tests.least_privilege.test_sandbox_agrees import outcome

#: The matrix asks about repositories below this prefix, which no other engine test has.
REPOSITORY = f"{PREFIX}/echo-server"


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> EngineStack:
    name = next_name()
    stack = make_stack(
        name,
        registries=[
            private(name, prefix=PREFIX, repositories=["echo-server"]),
            public(name, prefix=PREFIX),
        ],
    )
    stack.up()
    return stack


@pytest.mark.parametrize(("registry", "matrix"), [("functions", "ecr-private"), ("samples", "ecr-public")])
def test_the_registered_key_may_do_what_the_matrix_says(
    stack: EngineStack, aws: Aws, registry: str, matrix: str
) -> None:
    (rows,) = [sandbox_rows(each) for each in matrices() if each.name == matrix]
    key = stack.nvcf.login(registry)
    expected = {str(row): "allowed" if row.allowed else "denied" for row in rows}
    assert set(expected.values()) == {"allowed", "denied"}
    assert {str(row): outcome(row, aws.endpoint, key) for row in rows} == expected


def test_an_image_below_the_prefix_is_pulled(stack: EngineStack, aws: Aws) -> None:
    aws.push(REPOSITORY, "v1")
    puller = aws.client("ecr", stack.nvcf.login("functions"))
    (described,) = puller.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "v1"}])["imageDetails"]
    (pulled,) = puller.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "v1"}])["images"]
    assert pulled["imageId"]["imageDigest"] == described["imageDigest"]


def test_an_image_elsewhere_is_not(stack: EngineStack, aws: Aws, unique: str) -> None:
    aws.client("ecr").create_repository(repositoryName=f"{PREFIX}-{unique}/echo-server")
    aws.push(f"{PREFIX}-{unique}/echo-server")
    puller = aws.client("ecr", stack.nvcf.login("functions"))
    calls: list[Callable[..., object]] = [puller.describe_images, puller.batch_get_image]
    for call in calls:
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call(repositoryName=f"{PREFIX}-{unique}/echo-server", imageIds=[{"imageTag": "latest"}])


def test_nothing_can_be_pushed(stack: EngineStack, aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"AccessDeniedException.*not authorized to perform: ecr:PutImage"):
        aws.push(REPOSITORY, "v2", stack.nvcf.login("functions"))
