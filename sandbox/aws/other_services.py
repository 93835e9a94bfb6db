"""Every service that moto has and this project does not mend, such as EKS."""

from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from sandbox.aws.actions import to_moto_request
from sandbox.aws.http_messages import HttpResponse
from sandbox.aws.moto_service import Visit


class OtherServices:
    """moto's own server application, behind the sandbox's authentication and authorisation."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)

    def respond(self, visit: Visit) -> HttpResponse:
        """Carries out one call.

        Args:
            visit: The call; a service moto does not know is answered as moto answers it.
        """
        environ: dict[str, Any] = to_moto_request(visit.request).environ
        # With these, a caller could pick another account or region than its signature says.
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        environ["HTTP_USER_AGENT"] = "sandbox"
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return HttpResponse(
            int(status.split(" ", 1)[0]),
            b"".join(body),
            {name: value for name, value in headers.items() if name.lower() not in {"content-length", "date"}},
        )
