"""An IAM user that may pull what lies below one repository prefix, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from components.key_generation import KeyGeneration
from components.key_slots import KeySlot, PreviousKey, key_slots
from policies.arn import IAM_PATH, iam
from policies.document import Document
from policies.ecr_pull import private_pull, public_pull


class EcrPullerArgs(TypedDict):
    """Arguments of `EcrPuller`."""

    kind: Literal["ecr-private", "ecr-public"]
    user_name: str
    """Name of the user and of its policy; fixed, so that a killed run leaves nothing that cannot be found."""
    account: str
    """AWS account id of the registry, 12 digits."""
    region: NotRequired[str]
    """Region of a private registry."""
    prefix: str
    """Repository-name prefix, never the alias of a public registry; ``*`` with `allow_every_repository` only."""
    allow_every_repository: NotRequired[bool]
    key_generation: int
    """Which key is the current one, from 1; one more rotates."""
    previous_key: NotRequired[PreviousKey]
    """What becomes of the key of the generation before; default it stays active."""
    permissions_boundary: NotRequired[str | None]
    """ARN of a policy that bounds what the user can ever be allowed."""
    adopt_user: NotRequired[bool]
    """Whether the user exists already and is taken over, whatever keys and policies it has besides."""
    adopt_policy: NotRequired[bool]
    """Whether the policy of that name exists already and is taken over."""
    other_keys: NotRequired[Sequence[str]]
    """Access keys that a user to be taken over has; when they leave no room for another, nothing is begun."""
    on_destroy: NotRequired[Literal["delete", "keep"]]
    """Whether user, policy and keys go with the stack, or stay in AWS so that pulls go on; default they go."""
    tags: NotRequired[Mapping[str, str]]


class EcrPuller(pulumi.ComponentResource):
    """A user, its policy, and up to two access keys of which one is the current one.

    Attributes:
        user_arn: ARN of the user.
        policy_arn: ARN of its only policy.
        access_key_id: id of the current key.
        secret_access_key: its secret; a secret output, and the only one.
        key_created: when the current key was made, RFC 3339.
        previous_access_key_id: id of the key before, where it still exists.
        previous_key_created: when that one was made.
    """

    user_arn: pulumi.Output[str]
    policy_arn: pulumi.Output[str]
    access_key_id: pulumi.Output[str]
    secret_access_key: pulumi.Output[str]
    key_created: pulumi.Output[str]
    previous_access_key_id: pulumi.Output[str] | None
    previous_key_created: pulumi.Output[str] | None

    def __init__(self, name: str, args: EcrPullerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # How the user came to be here is no property of the component.
        shown = {key: value for key, value in args.items() if key not in ("adopt_user", "adopt_policy", "other_keys")}
        super().__init__("nvcf-registry:index:EcrPuller", name, shown, opts)
        tags = dict(args.get("tags", {}))
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.get("on_destroy") == "keep")
        user = aws.iam.User(
            f"{name}-user",
            name=args["user_name"],
            path=IAM_PATH,
            permissions_boundary=args.get("permissions_boundary"),
            # A key that somebody else added must stop a destroy, not vanish in it.
            force_destroy=False,
            tags=tags,
            # What is imported becomes as declared in the same run, in place.
            opts=_adopted(kept, args["user_name"] if args.get("adopt_user") else None),
        )
        policy = aws.iam.Policy(
            f"{name}-policy",
            name=args["user_name"],
            path=IAM_PATH,
            description=f"What NVCF may pull with the user {args['user_name']}",
            policy=_pull_policy(args).to_json(),
            tags=tags,
            opts=_adopted(kept, _policy_arn(args) if args.get("adopt_policy") else None),
        )
        attachment = aws.iam.UserPolicyAttachment(
            f"{name}-attachment",
            user=user.name,
            policy_arn=policy.arn,
            opts=kept,
        )
        previous_key = args.get("previous_key", "active")
        wanted = KeyGeneration(
            f"{name}-generation-wanted",
            args["key_generation"],
            previous_key,
            pulumi.ResourceOptions(parent=self),
            other_keys=args.get("other_keys", ()),
        )
        # A key is worth nothing to NVCF before its policy is attached, and none is touched before the guard agrees.
        before_keys = [attachment, wanted]
        slots = key_slots(args["key_generation"], previous_key)
        # Not `retain_on_delete`, which would keep a key that a rotation is to delete, too, and IAM allows only two.
        stays_with = user if args.get("on_destroy") == "keep" else None
        keys = {slot.current: self._key(name, slot, user, before_keys, stays_with) for slot in slots}
        current, previous = keys[True], keys.get(False)
        self._reached_name = f"{name}-generation-reached"
        self._generation, self._previous_key = args["key_generation"], previous_key
        self.user_arn = user.arn
        self.policy_arn = policy.arn
        self.access_key_id = current.id
        self.secret_access_key = pulumi.Output.secret(current.secret)
        self.key_created = current.create_date
        self.previous_access_key_id = previous.id if previous else None
        self.previous_key_created = previous.create_date if previous else None
        # The secret is left out: what a component registers is written to state once more.
        self.register_outputs(
            {
                "userArn": self.user_arn,
                "policyArn": self.policy_arn,
                "accessKeyId": self.access_key_id,
                "keyCreated": self.key_created,
                "previousAccessKeyId": self.previous_access_key_id,
                "previousKeyCreated": self.previous_key_created,
            }
        )

    def reached(self, consumer: pulumi.Resource) -> None:
        """Note in state that the current key is in use, once what uses it has it.

        Args:
            consumer: the resource that uses the key.
        """
        KeyGeneration(
            self._reached_name,
            self._generation,
            self._previous_key,
            pulumi.ResourceOptions(parent=self, depends_on=[consumer]),
        )

    def _key(
        self,
        name: str,
        slot: KeySlot,
        user: aws.iam.User,
        before: Sequence[pulumi.Resource],
        stays_with: aws.iam.User | None,
    ) -> aws.iam.AccessKey:
        return aws.iam.AccessKey(
            f"{name}-key-{slot.slot}",
            user=user.name,
            status=slot.status,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                # Two generations later the slot is needed again: its key goes first, since IAM allows only two.
                replacement_trigger=slot.generation,
                delete_before_replace=True,
                # The engine leaves a key alone when that user leaves the stack with it.
                deleted_with=stays_with,
            ),
        )


def _adopted(opts: pulumi.ResourceOptions, existing: str | None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(import_=existing))


def _policy_arn(args: EcrPullerArgs) -> str:
    return iam(account=args["account"], kind="policy", name=args["user_name"])


def _pull_policy(args: EcrPullerArgs) -> Document:
    every = args.get("allow_every_repository", False)
    if args["kind"] == "ecr-public":
        return public_pull(account=args["account"], prefix=args["prefix"], allow_all=every)
    return private_pull(account=args["account"], region=args["region"], prefix=args["prefix"], allow_all=every)
