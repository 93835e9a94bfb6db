"""What was there before the stack: credentials, repositories and users that it takes over."""

import json
from typing import Any

from tests.engine.configurations import PASSWORD, private, public, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack

OTHER_LOGIN = "$oauthtoken:of-somebody-else"


def by_hand(stack: EngineStack, name: str) -> str:
    """Register a credential as somebody else, and return its id."""
    answer = stack.nvcf.create("nvcr.io", name, OTHER_LOGIN).raise_for_status().json()
    return str(answer["registryCredential"]["registryCredentialId"])


def test_a_credential_is_taken_over_by_its_id(make_stack: MakeStack, unique: str) -> None:
    stack = make_stack(unique)
    credential_id = by_hand(stack, "made-by-hand")
    stack.configure(registries=[static(adopt=credential_id)])
    stack.set_secret("registries[0].password", PASSWORD)
    stack.up()
    assert stack.registry("ngc")["credentialId"] == credential_id
    (credential,) = stack.nvcf.credentials()
    assert credential["registryCredentialName"] == "ngc"
    assert stack.nvcf.login("ngc") == ("$oauthtoken", PASSWORD)
    assert stack.preview().steps == {}


def test_a_credential_to_adopt_that_is_not_there_is_named(make_stack: MakeStack, unique: str) -> None:
    absent = "00000000-0000-4000-8000-000000000000"
    stack = make_stack(unique, registries=[static(adopt=absent)])
    stack.set_secret("registries[0].password", PASSWORD)
    said = stack.fails().diagnostics
    assert f"The credential {absent} that is to be adopted does not exist in this account" in said
    assert "Correct 'adopt', or remove it" in said
    assert stack.nvcf.credentials() == []


def test_a_credential_of_the_same_host_and_name_is_taken_over_with_a_warning(
    make_stack: MakeStack, unique: str
) -> None:
    stack = make_stack(unique, registries=[static()])
    stack.set_secret("registries[0].password", PASSWORD)
    credential_id = by_hand(stack, "ngc")
    run = stack.up()
    assert f"'ngc' for nvcr.io existed in NVCF ({credential_id}" in run.diagnostics
    assert "was taken over with the declared secret" in run.diagnostics
    assert stack.registry("ngc")["credentialId"] == credential_id
    assert stack.nvcf.login("ngc") == ("$oauthtoken", PASSWORD)

    # It lacks the tags that mark a credential as a stack's, which NVCF cannot give it.
    assert stack.preview().steps["ngc-credential"] == "replace"
    assert f"To keep it, declare its artifact types and set adopt: {credential_id}" in run.diagnostics
    stack.configure(registries=[static(adopt=credential_id)])
    stack.set_secret("registries[0].password", PASSWORD)
    stack.up()
    assert stack.preview().steps == {}
    assert stack.registry("ngc")["credentialId"] == credential_id


def test_pulumi_import_cannot_read_a_credential(make_stack: MakeStack, unique: str) -> None:
    """Pins a limit of the Python SDK's dynamic providers (docs/nvcf-provider.md); `adopt` is the way instead.

    When this fails because the import works, the documentation has become wrong.
    """
    stack = make_stack(unique)
    credential_id = by_hand(stack, "ngc")
    kind = "pulumi-python:dynamic/nvcf:RegistryCredential"
    said = stack.fails("import", kind, "ngc", credential_id, "--yes", "--skip-preview", "--generate-code=false").output
    assert "Exception calling application: '__provider'" in said
    assert "ngc" not in stack.names()


def test_a_repository_and_a_user_are_imported_where_the_program_expects_them(
    make_stack: MakeStack, unique: str, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    repository, user = f"{unique}-functions/echo", f"nvcf-registry-{unique}-functions"
    aws.client("ecr").create_repository(repositoryName=repository)
    aws.push(repository)
    aws.client("iam").create_user(UserName=user, Path="/nvcf/")
    file = stack.directory / "import.json"
    file.write_text(json.dumps({"resources": imported(repository, user)}))
    stack.run("import", "--file", str(file), "--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    assert stack.names() >= {"functions-echo", "functions-user"}

    steps = stack.up().steps
    assert steps["functions-echo"] == "update", "tags and settings become the declared ones, in place"
    assert steps["functions-user"] == "update"
    assert steps["functions-credential"] == "create"
    assert stack.preview().steps == {}
    assert aws.client("ecr").describe_images(repositoryName=repository)["imageDetails"]


def test_a_public_repository_is_imported_from_the_region_of_ecr_public(
    make_stack: MakeStack, unique: str, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[public(unique, repositories=["hello"])])
    repository = f"{unique}-samples/hello"
    aws.client("ecr-public", region="us-east-1").create_repository(repositoryName=repository)
    file = stack.directory / "import.json"
    component = {"type": "nvcf-registry:index:EcrRepositories", "name": "repositories", "logicalName": "samples"}
    hello = {"type": "aws:ecrpublic/repository:Repository", "name": "samples-hello", "id": f"{repository}@us-east-1"}
    resources = [{**component, "component": True}, {**hello, "parent": "repositories"}]
    file.write_text(json.dumps({"resources": resources}))
    stack.run("import", "--file", str(file), "--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    assert stack.up().steps["samples-hello"] == "update"
    assert stack.preview().steps == {}


def imported(repository: str, user: str) -> list[dict[str, Any]]:
    """Return what an import file must say: two resources, each below its component."""
    return [
        {
            "type": "nvcf-registry:index:EcrRepositories",
            "name": "repositories",
            "logicalName": "functions",
            "component": True,
        },
        {"type": "nvcf-registry:index:EcrPuller", "name": "puller", "logicalName": "functions", "component": True},
        {"type": "aws:ecr/repository:Repository", "name": "functions-echo", "id": repository, "parent": "repositories"},
        {"type": "aws:iam/user:User", "name": "functions-user", "id": user, "parent": "puller"},
    ]
