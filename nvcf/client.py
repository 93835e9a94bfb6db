"""The HTTP client of NVCF's registry-credential API.

Every call is repeated as far as that is safe, every failure becomes one of `errors`, and no text leaves here before
the secrets have been taken out of it. Bodies are never logged.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType, TracebackType

import httpx
from typing_extensions import Self

from nvcf import errors
from nvcf.answers import FailedAnswer, error_of
from nvcf.connection import Connection
from nvcf.credentials import Credential, NewCredential, change_body, types_body
from nvcf.functions import FunctionVersion
from nvcf.redaction import redact, secret_values
from nvcf.retries import Retries
from nvcf.secret import RegistrySecret

_WRITES = frozenset({"POST", "PATCH", "DELETE"})


class NvcfClient:
    """Calls NVCF about the registry credentials of one account.

    Use it as a context manager, for a few calls, then let it go.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        account: str | None = None,
        retries: Retries | None = None,
        write_guard: Callable[[], AbstractContextManager[None]] = nullcontext,
        confidential: Iterable[str] = (),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepares a client; nothing is sent.

        Args:
            connection: Where NVCF is.
            account: The account to act on through the cross-account routes; `None` for the token's own.
            retries: How failed calls are repeated; with real time unless given.
            write_guard: Gives what is held during each call that writes, such as an account's lock.
            confidential: Values that no text may repeat, beside the token and the secrets given to the calls.
            transport: What carries the calls; the network unless given.
        """
        self.retries = retries or Retries(propagation_seconds=connection.propagation_seconds)
        self._account = account
        self._write_guard = write_guard
        self._endpoint = connection.endpoint
        self._token = connection.token
        self._confidential = set(confidential)
        headers = {"Accept": "application/json", "User-Agent": "nvcf-registry"}
        if connection.host:
            headers["Host"] = connection.host
        timeout = httpx.Timeout(connect=10.0, read=connection.timeout_seconds, write=30.0, pool=10.0)
        self._http = httpx.Client(timeout=timeout, transport=transport, headers=headers, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def create(self, new: NewCredential, secret: RegistrySecret) -> Credential:
        """Makes a credential; NVCF logs in to the registry before it answers.

        Not repeated when an attempt may have had its effect: `registration` looks first.

        Raises:
            NvcfError: `Conflict` when the hostname and name are taken; see `errors` for the rest.
        """
        self._confidential.update(secret_values(secret.username, secret.password))
        answer = self._call("POST", "registry-credentials", new.body(secret), repeatable=False)
        return self._credential(answer)

    def get(self, credential_id: str) -> Credential:
        """Reads one credential; never stale.

        Raises:
            NvcfError: `NotFound` when it is gone.
        """
        return self._credential(self._call("GET", _path(credential_id)))

    def list(self) -> tuple[Credential, ...]:
        """Reads all credentials of the account; up to a minute old (NVCF contract, observed-2 §3)."""
        answer = self._call("GET", "registry-credentials")
        items = answer.get("registryCredentials")
        if not isinstance(items, list):
            raise self._not_nvcf("a list without 'registryCredentials'")
        return tuple(self._credential({"registryCredential": item}) for item in items)

    def change(
        self, credential_id: str, name: str, secret: RegistrySecret, added_types: Iterable[str] = ()
    ) -> Credential:
        """Gives a credential a secret, the name that goes with it, and further artifact types.

        Doing it twice is the same as doing it once, so that it is repeated after a lost answer too.

        Raises:
            NvcfError: `NotFound` when it is gone, `Conflict` when another has the name.
        """
        self._confidential.update(secret_values(secret.username, secret.password))
        return self._credential(self._call("PATCH", _path(credential_id), change_body(name, secret, added_types)))

    def try_secret(self, credential_id: str, artifact_types: Iterable[str]) -> Credential:
        """Makes NVCF log in with the secret that it has, by adding types that the credential has already.

        Nothing changes but the time of the last change (recorded exchange 332). NVCF may have cached an older secret
        for up to five minutes, where several of its processes serve.

        Args:
            credential_id: The credential's id.
            artifact_types: The types it has.

        Raises:
            NvcfError: `SecretLost` when NVCF has none; what the registry says when it does not take it.
        """
        return self._credential(self._call("PATCH", _path(credential_id), types_body(artifact_types)))

    def delete(self, credential_id: str) -> None:
        """Deletes a credential.

        Raises:
            NvcfError: `NotFound` when it is gone already, also by an attempt of ours whose answer was lost; `InUse`
                and `SystemProvisioned` when NVCF does not let it go.
        """
        self._call("DELETE", _path(credential_id))

    def recognized_registries(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Reads which registries this installation knows.

        Returns:
            By artifact type, the registries' names and hostnames.
        """
        answer = self._call("GET", "recognized-registries")
        found = answer.get("recognizedRegistries")
        if not isinstance(found, dict):
            raise self._not_nvcf("an answer without 'recognizedRegistries'")
        return MappingProxyType(
            {
                str(kind): tuple(sorted((str(item.get("name")), str(item.get("hostname"))) for item in items))
                for kind, items in found.items()
            }
        )

    def functions(self) -> tuple[FunctionVersion, ...]:
        """Reads the account's function versions; the token needs the scope `list_functions` besides.

        Raises:
            NvcfError: the token may not, or NVCF fails.
        """
        items = self._call("GET", "functions").get("functions")
        if not isinstance(items, list):
            raise self._not_nvcf("a list without 'functions'")
        try:
            return tuple(FunctionVersion.from_json(item) for item in items)
        except ValueError as error:
            raise self._not_nvcf(f"a function that cannot be read ({error})") from None

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        repeatable: bool = True,
    ) -> Mapping[str, object]:
        def attempt() -> Mapping[str, object]:
            with self._write_guard() if method in _WRITES else nullcontext():
                return self._attempt(method, path, body)

        return self.retries.run(attempt, repeatable=repeatable, what=f"{method} {path}")

    def _attempt(self, method: str, path: str, body: Mapping[str, object] | None) -> Mapping[str, object]:
        token = self._token()
        secrets = (token, *self._confidential)
        account = f"accounts/{urllib.parse.quote(self._account, safe='')}/" if self._account else ""
        try:
            response = self._http.request(
                method,
                f"{self._endpoint}/v2/nvcf/{account}{path}",
                headers={"Authorization": f"Bearer {token}"},
                json=body,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._transport_error(error, secrets) from None
        if response.is_success:
            return self._success(response)
        raise error_of(_failed(response, method, secrets, cross_account=self._account is not None))

    def _success(self, response: httpx.Response) -> Mapping[str, object]:
        """Reads a successful answer; NVCF's releases differ in 200, 201 and 204."""
        if not response.content:
            return {}
        parsed = _object(response.text)
        if parsed is None:
            # The text is not shown: nobody knows what it is, and it may repeat what was sent.
            raise self._not_nvcf(f"{response.status_code} with a body that is no JSON object")
        return parsed

    def _credential(self, answer: Mapping[str, object]) -> Credential:
        try:
            return Credential.from_json(answer.get("registryCredential"))
        except ValueError as error:
            raise self._not_nvcf(f"a credential that cannot be read ({error})") from None

    def _not_nvcf(self, what: str) -> errors.NvcfError:
        return errors.NotNvcf(
            f"{self._endpoint} answered {what}, as NVCF's registry-credential API does not.",
            "Check that the endpoint is NVCF's API and no login page or gateway stands before it.",
        )

    def _transport_error(self, error: Exception, secrets: Iterable[str]) -> errors.NvcfError:
        said = redact(str(error), secrets) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return errors.BadCertificate(
                f"The TLS certificate of {self._endpoint} cannot be trusted: {said}.",
                "Install the authority that signed it, or name its file in SSL_CERT_FILE.",
            )
        if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
            return errors.NoAnswer(
                f"NVCF at {self._endpoint} did not answer in time.",
                "Run again; what the call did is found and taken over then.",
            )
        if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)) and not isinstance(
            error, httpx.ConnectError
        ):
            return errors.ConnectionCut(
                f"The connection to NVCF at {self._endpoint} ended before its answer was complete: {said}.",
                "Run again; what the call did is found and taken over then.",
            )
        if isinstance(error, httpx.DecodingError):
            return self._not_nvcf("with a body that cannot be decoded")
        return errors.Unreachable(
            f"NVCF at {self._endpoint} cannot be reached: {said}.",
            "Check the endpoint, that this machine may reach it, and the proxy settings; then run again.",
        )


def _path(credential_id: str) -> str:
    return f"registry-credentials/{urllib.parse.quote(credential_id, safe='')}"


def _failed(response: httpx.Response, method: str, secrets: Iterable[str], *, cross_account: bool) -> FailedAnswer:
    secrets = tuple(secrets)
    problem = _object(response.text) or {}
    return FailedAnswer(
        method=method,
        status=response.status_code,
        problem={key: redact(value, secrets) if isinstance(value, str) else value for key, value in problem.items()},
        text=redact(response.text, secrets),
        challenge=redact(response.headers.get("WWW-Authenticate", ""), secrets),
        location=redact(response.headers.get("Location", ""), secrets),
        cross_account=cross_account,
    )


def _object(text: str) -> Mapping[str, object] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
