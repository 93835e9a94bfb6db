"""An IAM user that somebody made by hand and that a stack is to take over."""

import pulumi
import pulumi_aws as aws

from policies.arn import IAM_PATH


def keys_of_user_to_adopt(setting: str, user_name: str) -> tuple[str, ...]:
    """Make sure that a user can be taken over, and return what is to be said of each access key it has.

    A user of another name or path is not renamed by the stack: its deployer has no right to rename users, and the
    engine would go on knowing it by its old name. Its keys, and policies attached to it, survive a renaming by hand.

    Args:
        setting: path of the setting that asks for it, for errors.
        user_name: the name that the stack gives the user.

    Raises:
        pulumi.RunError: there is no such user, it has another path, or AWS does not let the caller look.
    """
    rename = f"aws iam update-user --user-name NAME --new-user-name {user_name} --new-path {IAM_PATH}"
    try:
        found = aws.iam.get_user(user_name=user_name)
        keys = aws.iam.get_access_keys(user=user_name).access_keys
    except Exception as error:  # noqa: BLE001 - the engine hands on a plugin's failure as a bare Exception
        raise pulumi.RunError(
            f"{setting}: the IAM user {user_name} to be taken over cannot be looked up: {error}\n"
            f"If it has another name now, give it this one, which breaks none of its keys: `{rename}` (see "
            "docs/adoption.md). iam:GetUser and iam:ListAccessKeys must be allowed."
        ) from None
    if found.path != IAM_PATH:
        raise pulumi.RunError(
            f"{setting}: the IAM user {user_name} has the path {found.path}, not {IAM_PATH} as users of this project. "
            f"Move it, which breaks none of its keys: `{rename.replace('NAME', user_name, 1)}`."
        )
    return tuple(f"{key.access_key_id} ({key.status}, made {key.create_date[:10]})" for key in keys)
