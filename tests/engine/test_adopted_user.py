"""A user, its key and policy, a repository and a credential, all made by hand as the guides say, are taken over."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from policies.deployer import deployer
from policies.ecr_pull import private_pull
from policies.scope import PrivateRegistry, Scope
from tests.engine.configurations import private
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack, Run

ACCOUNT = "123456789012"
HOST = f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com"


def operations(run: Run) -> dict[str, set[str]]:
    """Return every operation on each resource that was not left as it was."""
    done: dict[str, set[str]] = defaultdict(set)
    for event in run.events:
        metadata = event.get("resOutputsEvent", {}).get("metadata")
        if metadata and metadata["op"] != "same":
            done[metadata["urn"].rpartition("::")[2]].add(metadata["op"])
    return dict(done)


class ByHand:
    """What somebody made by following the guides: user, policy, key, repository with an image, credential."""

    def __init__(self, aws: Aws, stack: EngineStack, unique: str) -> None:
        iam = aws.client("iam")
        self.user, self.policy_name = f"{unique}-nvcf-ecr-user", f"{unique}-nvcf-ecr-pull"
        self.repository = f"{unique}-functions/echo"
        aws.client("ecr").create_repository(repositoryName=self.repository)
        aws.push(self.repository)
        iam.create_user(UserName=self.user)
        document = private_pull(account=ACCOUNT, region="us-west-2", prefix=f"{unique}-functions").to_json()
        made = iam.create_policy(PolicyName=self.policy_name, PolicyDocument=document)
        self.policy = made["Policy"]["Arn"]
        iam.attach_user_policy(UserName=self.user, PolicyArn=self.policy)
        key = iam.create_access_key(UserName=self.user)["AccessKey"]
        self.key = key["AccessKeyId"], key["SecretAccessKey"]
        answer = stack.nvcf.create(HOST, "credentials", ":".join(self.key)).raise_for_status().json()
        self.credential = str(answer["registryCredential"]["registryCredentialId"])

    def rename(self, aws: Aws, name: str) -> None:
        aws.client("iam").update_user(UserName=self.user, NewUserName=name, NewPath="/nvcf/")
        self.user = name


@contextmanager
def pulling(aws: Aws, stack: EngineStack, repository: str, old_key: tuple[str, str]) -> Iterator[list[str]]:
    """Pull all the time, with what NVCF hands out and, as a running function, with the first key; yield what fails."""
    failures: list[str] = []
    done = threading.Event()
    count = 0

    def pull() -> None:
        nonlocal count
        while not done.is_set():
            for key in (_login(stack), old_key):
                try:
                    ecr = aws.client("ecr", key)
                    ecr.get_authorization_token()
                    ecr.describe_images(repositoryName=repository)
                    count += 1
                except Exception as error:  # noqa: BLE001 - whatever it is, the function has not started
                    failures.append(f"{key[0]}: {error}")
            done.wait(0.05)

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        yield failures
    finally:
        done.set()
        thread.join()
    assert count > 10, "nothing was pulled, so nothing was proven"


def _login(stack: EngineStack) -> tuple[str, str]:
    (credential,) = stack.nvcf.credentials()
    return stack.nvcf.login(credential["registryCredentialName"])


def test_all_that_the_guides_make_is_taken_over_without_a_failed_pull(
    make_stack: MakeStack, unique: str, aws: Aws
) -> None:
    stack = make_stack(unique)
    hand = ByHand(aws, stack, unique)
    adopt = {"credential": hand.credential, "user": True, "repositories": ["echo"]}
    stack.configure(registries=[private(unique, repositories=["echo", "new"], adopt=adopt)])
    user = f"nvcf-registry-{unique}-functions"
    with pulling(aws, stack, hand.repository, hand.key) as failures:
        said = stack.fails("preview").diagnostics
        assert (
            f"nvcf-registry:registries[0].adopt.user: the IAM user {user} to be taken over cannot be looked up" in said
        )
        assert f"aws iam update-user --user-name NAME --new-user-name {user} --new-path /nvcf/" in said

        hand.rename(aws, user)
        # From here on with the rights of docs/policies.md: taking over asks for no others.
        scope = Scope(
            account=ACCOUNT,
            project="nvcf-registry",
            permissions_boundary=None,
            private=(PrivateRegistry("us-west-2", f"{unique}-functions"),),
        )
        deploys = aws.deployer(f"{unique}-deployer", deployer(scope).to_json())
        stack.environment.update(AWS_ACCESS_KEY_ID=deploys[0], AWS_SECRET_ACCESS_KEY=deploys[1])
        foreseen = operations(stack.preview())
        assert foreseen["functions-user"] == foreseen["functions-echo"] == {"import", "update"}
        assert operations(stack.up()) == foreseen
        assert stack.preview().steps == {}

        stack.configure(registries=[private(unique, repositories=["echo", "new"], adopt=hand.credential)])
        assert set(operations(stack.up())) <= {"default"}
        # The functions have been redeployed; the key and the policy that were made by hand are in nobody's way now.
    assert failures == []
    assert stack.registry()["credentialId"] == hand.credential
    current = stack.registry()["activeKeyId"]
    assert set(aws.users(unique)[user]) == {hand.key[0], current}
    assert stack.nvcf.login("functions")[0] == current

    # What somebody else gave the user is not the stack's to take away.
    refused = stack.fails("destroy", "--yes", "--skip-preview").output
    assert "DeleteConflict" in refused
    iam = aws.client("iam")
    iam.delete_access_key(UserName=user, AccessKeyId=hand.key[0])
    iam.detach_user_policy(UserName=user, PolicyArn=hand.policy)
    aws.client("ecr").batch_delete_image(repositoryName=hand.repository, imageIds=[{"imageTag": "latest"}])
    stack.destroy()
    assert (aws.left(unique), stack.nvcf.credentials()) == ([], [])


def test_two_keys_made_by_hand_leave_no_room(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique)
    hand = ByHand(aws, stack, unique)
    hand.rename(aws, f"nvcf-registry-{unique}-functions")
    second = aws.client("iam").create_access_key(UserName=hand.user)["AccessKey"]["AccessKeyId"]
    stack.configure(registries=[private(unique, adopt={"user": True, "credential": hand.credential})])
    said = stack.fails("preview").diagnostics
    assert f"the IAM user has {hand.key[0]} (Active, made 2" in said
    assert second in said
    assert "delete it and run again" in said
    stack.fails()
    assert set(aws.users(unique)[hand.user]) == {hand.key[0], second}
    assert stack.nvcf.login("credentials") == hand.key
    aws.client("iam").delete_access_key(UserName=hand.user, AccessKeyId=second)
    stack.up()
    assert stack.preview().steps == {}


def test_what_cannot_become_as_declared_is_not_replaced(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique)
    name = f"{unique}-functions/echo"
    key = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    aws.client("ecr").create_repository(
        repositoryName=name, encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key}
    )
    aws.push(name)
    stack.configure(registries=[private(unique, repositories=["echo"], adopt={"repositories": ["echo"]})])
    said = stack.fails().output
    assert "previously-imported resources that still specify an ID may not be replaced" in said
    assert aws.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    stack.configure(
        registries=[private(unique, repositories=[{"name": "echo", "kmsKey": key}], adopt={"repositories": ["echo"]})]
    )
    stack.up()
    assert stack.preview().steps == {}


def test_what_is_to_be_taken_over_and_is_not_there_is_named(make_stack: MakeStack, unique: str) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"], adopt={"repositories": ["echo"]})])
    assert f"resource '{unique}-functions/echo' does not exist" in stack.fails("preview").output
