"""STS: temporary credentials that really work, and identities that are really known."""

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import Role
from moto.sts.responses import TokenResponse

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.errors import OperationError, Refusal, RequestRefusedError
from sandbox.aws.identities import (
    Credential,
    find_access_key,
    find_role,
    principal_of_session,
)
from sandbox.aws.moto_service import MotoService
from sandbox.aws.policy_evaluation import AccessRequest, Effect, trusts
from sandbox.aws.web_identity import audiences

_SHORTEST_SESSION = 900
_DEFAULT_ROLE_SESSION = 3600
_DEFAULT_USER_SESSION = 43200
_LONGEST_USER_SESSION = 129600


class StsService(MotoService, TokenResponse):
    """The Security Token Service."""

    def get_caller_identity(self) -> ActionResult:
        """Who signed the call."""
        caller = self.caller
        return ActionResult({"UserId": caller.unique_id, "Account": ACCOUNT_ID, "Arn": caller.arn})

    def get_session_token(self) -> ActionResult:
        """Temporary credentials of the caller's own user."""
        if not self.caller.is_user:
            raise RequestRefusedError(Refusal.DENIED, "Cannot call GetSessionToken with session credentials")
        seconds = self._duration(_DEFAULT_USER_SESSION, _LONGEST_USER_SESSION)
        session = self.visit.cloud.sessions.open(self.caller, seconds)
        return ActionResult({"Credentials": _credentials(session)})

    def assume_role(self) -> ActionResult:
        """Temporary credentials of a role; whether the caller may have them was decided before."""
        role = find_role(self._get_param("RoleArn"))
        if role is None:
            raise RequestRefusedError(Refusal.DENIED, "Not authorized to perform sts:AssumeRole")
        return ActionResult(self._open_role_session(role))

    def assume_role_with_web_identity(self) -> ActionResult:
        """Temporary credentials of a role for the bearer of an OpenID Connect token."""
        cloud = self.visit.cloud
        claims, provider = cloud.identity_provider_keys.verify(self._get_param("WebIdentityToken"), cloud.clock())
        role = find_role(self._get_param("RoleArn"))
        request = AccessRequest(
            principals=frozenset({("Federated", provider.arn)}),
            action="sts:AssumeRoleWithWebIdentity",
            resource="*",
            context={
                f"{provider.url}:aud".lower(): audiences(claims),
                f"{provider.url}:sub".lower(): (str(claims.get("sub", "")),),
            },
        )
        if role is None or trusts(role.assume_role_policy_document, request) is not Effect.ALLOW:
            raise RequestRefusedError(Refusal.DENIED, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return ActionResult(
            self._open_role_session(role)
            | {
                "SubjectFromWebIdentityToken": str(claims.get("sub", "")),
                "Provider": provider.arn,
                "Audience": audiences(claims)[0],
            }
        )

    def get_access_key_info(self) -> ActionResult:
        """The account of an access key."""
        key_id = self._get_param("AccessKeyId")
        if find_access_key(key_id) is None and self.visit.cloud.sessions.find(key_id) is None:
            raise OperationError("ValidationError", "Access key ID is not valid")
        return ActionResult({"Account": ACCOUNT_ID})

    def get_federation_token(self) -> ActionResult:
        """Not here."""
        raise NotImplementedError("sts:GetFederationToken")

    def assume_role_with_saml(self) -> ActionResult:
        """Not here."""
        raise NotImplementedError("sts:AssumeRoleWithSAML")

    def _open_role_session(self, role: Role) -> dict[str, Any]:
        longest = int(role.max_session_duration or _DEFAULT_ROLE_SESSION)
        name = self._get_param("RoleSessionName")
        policy = self._get_param("Policy")
        if policy is not None:
            try:
                json.loads(policy)
            except ValueError:
                raise OperationError("MalformedPolicyDocument", "Syntax errors in policy.") from None
        principal = principal_of_session(role, name)
        seconds = self._duration(_DEFAULT_ROLE_SESSION, longest)
        session = self.visit.cloud.sessions.open(principal, seconds, policy)
        return {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {"AssumedRoleId": principal.unique_id, "Arn": principal.arn},
        }

    def _duration(self, default: int, longest: int) -> int:
        seconds = int(self._get_param("DurationSeconds") or default)
        if seconds < _SHORTEST_SESSION or seconds > longest:
            raise OperationError(
                "ValidationError",
                f"The requested DurationSeconds {seconds} is not between {_SHORTEST_SESSION} and {longest}, "
                "the longest session allowed here.",
            )
        return seconds


def _credentials(session: Credential) -> dict[str, Any]:
    return {
        "AccessKeyId": session.key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.session_token,
        "Expiration": session.expires,
    }
