"""The bridge to moto: what every service made of, or added to, moto has in common.

moto finds an operation's method by its snake-case name and turns what the method returns into the service's wire format
with botocore's API models. A subclass mends an operation by overriding that method.
"""

from dataclasses import dataclass
from typing import Any

from moto.core.responses import BaseResponse

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.actions import Call, to_moto_request
from sandbox.aws.cloud import Cloud
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.identities import Credential, Principal


@dataclass(frozen=True)
class Visit:
    """One authenticated and authorised call on its way to a service.

    Attributes:
        cloud: The state of the sandbox.
        request: The request as sent.
        call: What it calls.
        credential: Who signed it; None for a call that needs no signature.
    """

    cloud: Cloud
    request: HttpRequest
    call: Call
    credential: Credential | None


class MotoService(BaseResponse):
    """A moto service that takes caller, account and region from the sandbox instead of guessing them."""

    visit: Visit

    def respond(self, visit: Visit) -> HttpResponse:
        """Carries out one call.

        Args:
            visit: The call.

        Raises:
            NotImplementedError: Neither moto nor the sandbox has the operation.
        """
        self.visit = visit
        status, headers, body = self._dispatch(to_moto_request(visit.request))
        sent = {name: value for name, value in headers.items() if name.lower() not in {"status", "date", "server"}}
        return HttpResponse(status, body if isinstance(body, bytes) else body.encode(), sent)

    @property
    def caller(self) -> Principal:
        """Who calls; only for operations that need a signature."""
        if self.visit.credential is None:
            raise PermissionError("an operation that needs a caller was reached without one")
        return self.visit.credential.principal

    @property
    def key_id(self) -> str:
        """The access key id that signed; empty for an unsigned call."""
        return self.visit.credential.key_id if self.visit.credential is not None else ""

    def get_region_from_url(self, request: Any, full_url: str) -> str:  # noqa: ARG002 - moto's signature
        """The region of the credential scope."""
        return self.visit.call.region

    def get_current_account(self) -> str:
        """The one account there is."""
        return ACCOUNT_ID

    def get_access_key(self) -> str:
        """Nothing: authentication has noted the use of the key already, and moto would note it again."""
        return ""
