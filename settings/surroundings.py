"""What the rules need to know besides the configuration itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

#: Longest name of an IAM user or role ("IAM and AWS STS quotas"); policies are allowed more.
MAX_IAM_NAME: Final = 64


@dataclass(frozen=True)
class Surroundings:
    """Where a configuration is used.

    Attributes:
        project: the Pulumi project's name.
        stack: the stack's name.
        environ: environment variables, for what may come from there.
        secret_keys: the configuration keys whose values are, or contain, secrets.
    """

    project: str
    stack: str
    environ: Mapping[str, str]
    secret_keys: Collection[str]

    def iam_name(self, registry: str) -> str:
        """Return the name of a registry's IAM user, policy and role: fixed, so that they can always be found again."""
        return f"{self.project}-{self.stack}-{registry}"
