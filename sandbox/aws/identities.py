"""Who exists: users, roles and their policies, read from moto's IAM, and the credentials that act for them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from moto.iam.models import AccessKey, AccessKeyLastUsed, Group, IAMBackend, ManagedPolicy, Role, User, iam_backends

from sandbox.aws.account import ACCOUNT_ID, PARTITION


@dataclass(frozen=True)
class Principal:
    """An identity that makes calls.

    Attributes:
        arn: As AWS names it in messages: a user's ARN, or `arn:aws:sts::…:assumed-role/<role>/<session>`.
        identity_arn: ARN of the user or role whose policies count.
        name: Name of that user or role.
        unique_id: What `GetCallerIdentity` returns as `UserId`.
        is_user: A user, else a role's session.
    """

    arn: str
    identity_arn: str
    name: str
    unique_id: str
    is_user: bool


@dataclass(frozen=True)
class Credential:
    """A key that can sign.

    Attributes:
        key_id: `AKIA…` for a user's key, `ASIA…` for temporary credentials.
        secret: Signing secret.
        principal: Whom it acts for.
        created: When it came to be; a new key is not known everywhere at once.
        active: Whether it may be used.
        session_token: Must accompany temporary credentials; None for a user's key.
        expires: End of temporary credentials.
        session_policy: Further limits, as JSON.
    """

    key_id: str
    secret: str = field(repr=False)
    principal: Principal
    created: dt.datetime
    active: bool = True
    session_token: str | None = field(default=None, repr=False)
    expires: dt.datetime | None = None
    session_policy: str | None = None


def iam() -> IAMBackend:
    """The account's IAM as moto keeps it."""
    return iam_backends[ACCOUNT_ID][PARTITION]


def find_access_key(key_id: str) -> Credential | None:
    """The credential of a user's access key, or None when there is no such key."""
    key = iam().access_keys.get(key_id)
    if key is None or key.user_name is None:
        return None
    user = iam().users.get(key.user_name)
    if user is None:
        return None
    return Credential(
        key_id=key_id,
        secret=key.secret_access_key,
        principal=principal_of_user(user),
        created=key.create_date.replace(tzinfo=dt.timezone.utc),
        active=key.status == "Active",
    )


def record_use(key_id: str, service: str, region: str, now: dt.datetime) -> None:
    """Notes when and where a user's access key was last used, for `GetAccessKeyLastUsed`."""
    key = iam().access_keys.get(key_id)
    if key is not None:
        key.last_used = AccessKeyLastUsed(
            timestamp=now.astimezone(dt.timezone.utc).replace(tzinfo=None, microsecond=0),
            service=service,
            region=region,
        )


def principal_of_user(user: User) -> Principal:
    """The principal a user's keys act as."""
    return Principal(arn=user.arn, identity_arn=user.arn, name=user.name, unique_id=user.id, is_user=True)


def principal_of_session(role: Role, session_name: str) -> Principal:
    """The principal that a session of a role acts as."""
    return Principal(
        arn=f"arn:{PARTITION}:sts::{ACCOUNT_ID}:assumed-role/{role.name}/{session_name}",
        identity_arn=role.arn,
        name=role.name,
        unique_id=f"{role.id}:{session_name}",
        is_user=False,
    )


def find_principal(arn: str) -> Principal | None:
    """The principal with that ARN: a user, a role, or a role's session; None when there is none."""
    for user in iam().users.values():
        if user.arn == arn:
            return principal_of_user(user)
    for role in iam().roles.values():
        if role.arn == arn:
            return principal_of_session(role, "sandbox")
        prefix = f"arn:{PARTITION}:sts::{ACCOUNT_ID}:assumed-role/{role.name}/"
        if arn.startswith(prefix):
            return principal_of_session(role, arn.removeprefix(prefix))
    return None


def find_role(arn: str) -> Role | None:
    """The role with that ARN, or None."""
    return next((role for role in iam().roles.values() if role.arn == arn), None)


def find_role_named(name: str) -> Role | None:
    """The role of that name, or None."""
    return next((role for role in iam().roles.values() if role.name == name), None)


def identity_policies(principal: Principal) -> tuple[str, ...]:
    """Texts of all policies that a principal has, its groups' included."""
    holders: list[User | Role | Group] = []
    if principal.is_user:
        user = iam().users.get(principal.name)
        if user is not None:
            holders = [user, *(group for group in iam().groups.values() if user in group.users)]
    elif (role := find_role_named(principal.name)) is not None:
        holders = [role]
    texts: list[str] = []
    for holder in holders:
        texts.extend(holder.policies.values())
        texts.extend(policy_text(policy) for policy in holder.managed_policies.values())
    return tuple(texts)


def boundary_policy(principal: Principal) -> str | None:
    """Text of a principal's permissions boundary, or None without one."""
    holder = iam().users.get(principal.name) if principal.is_user else find_role_named(principal.name)
    arn = boundary_arn(holder) if holder is not None else None
    if arn is None:
        return None
    policy = iam().managed_policies.get(arn)
    # A boundary whose policy is gone allows nothing.
    return policy_text(policy) if policy is not None else '{"Version": "2012-10-17", "Statement": []}'


def boundary_arn(holder: User | Role) -> str | None:
    """ARN of the permissions boundary of a user or role."""
    boundary = getattr(holder, "permissions_boundary", None)
    return boundary["PermissionsBoundaryArn"] if boundary else None


def policy_text(policy: ManagedPolicy) -> str:
    """The default version's document."""
    return next(version.document for version in policy.versions if version.version_id == policy.default_version_id)


def key_owner(key_id: str) -> str | None:
    """Name of the user who has an access key."""
    key: AccessKey | None = iam().access_keys.get(key_id)
    return key.user_name if key is not None else None


def principal_tags(principal: Principal) -> Mapping[str, str]:
    """Tags of a user or role."""
    if principal.is_user:
        user = iam().users.get(principal.name)
        tags = (user.tags if user is not None else None) or []
    else:
        role = find_role_named(principal.name)
        tags = role.tags if role is not None else []
    return {tag["Key"]: tag["Value"] for tag in tags}
