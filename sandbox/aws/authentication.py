"""Who signed a request: the credential is found, its signature and its times are checked."""

import datetime as dt

from sandbox.aws.account import GLOBAL_REGION
from sandbox.aws.actions import Call
from sandbox.aws.cloud import Cloud
from sandbox.aws.errors import Protocol, Refusal, RequestRefusedError
from sandbox.aws.http_messages import HttpRequest
from sandbox.aws.identities import Credential, find_access_key, iam, record_use
from sandbox.aws.signature import Signature, check_signature, check_time

UNSIGNED_ACTIONS = frozenset({"sts:AssumeRoleWithWebIdentity"})
"""Calls that prove an identity by other means than a signature."""


def authenticate(cloud: Cloud, request: HttpRequest, signature: Signature | None, call: Call) -> Credential | None:
    """Finds the credential that signed.

    Args:
        cloud: Where credentials are kept.
        request: The request.
        signature: Its signature, None when it carries none.
        call: What it calls.

    Returns:
        The credential, or None for a call that needs no signature.

    Raises:
        RequestRefusedError: The caller is not who it says, or says nothing.
    """
    if signature is None:
        if call.action in UNSIGNED_ACTIONS:
            return None
        query = call.protocol is Protocol.QUERY
        raise RequestRefusedError(
            Refusal.MISSING_AUTHENTICATION,
            "Request is missing Authentication Token" if query else "Missing Authentication Token",
        )
    now = cloud.clock()
    check_time(signature, now)
    credential = _find(cloud, signature, now)
    check_signature(request, signature, credential.secret)
    if credential.expires is not None and now >= credential.expires:
        raise RequestRefusedError(Refusal.EXPIRED_TOKEN, "The security token included in the request is expired")
    record_use(credential.key_id, call.service, GLOBAL_REGION if call.service == "iam" else call.region, now)
    return credential


def _find(cloud: Cloud, signature: Signature, now: dt.datetime) -> Credential:
    session = cloud.sessions.find(signature.key_id)
    if session is not None:
        # Temporary credentials are three parts; without the right third one, the first two mean nothing.
        user_is_gone = session.principal.is_user and session.principal.name not in iam().users
        if signature.session_token != session.session_token or user_is_gone:
            raise _unknown()
        return session
    key = find_access_key(signature.key_id)
    if key is None or not key.active or signature.session_token is not None:
        raise _unknown()
    if not cloud.propagation.has_reached_services(key.created, now):
        raise _unknown()
    return key


def _unknown() -> RequestRefusedError:
    return RequestRefusedError(Refusal.UNKNOWN_KEY, "The security token included in the request is invalid.")
