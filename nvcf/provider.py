"""The Pulumi resource of an NVCF registry credential, and the dynamic provider under it.

The engine runs the provider in a process of its own, which unpickles the class by its module and name and asks it to
`configure` itself. Both names are therefore a part of every stack's state: neither may change. The class keeps
nothing but what `configure` reads, and that is never pickled.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict

import httpx
import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from nvcf import errors
from nvcf.account_lock import AccountLock, account_lock
from nvcf.client import NvcfClient
from nvcf.connection import Connection, connection_from
from nvcf.credential_diff import MARKER, credential_change
from nvcf.credential_inputs import INPUTS, UNKNOWN, declared, input_mistakes, text, texts
from nvcf.credentials import SYSTEM, Credential, in_milliseconds, is_later
from nvcf.errors import NvcfError
from nvcf.lifeline import follow_engine, writing
from nvcf.redaction import secret_values
from nvcf.registration import explain_conflict, register, take_over
from nvcf.retries import Retries

_log = logging.getLogger(__name__)

_SYSTEM_STAYS = "%s came with the NVCF account and stays there, with the secret it has now."
_STAYS = (
    "onDestroy is keep, so this only leaves the stack, and functions go on pulling with it: %s. "
    "`python -m ops leftovers` shows what stays, and with --delete --kept removes it."
)
_OTHERWISE_REPLACED = (
    "%s was made with other tags, another description or more artifact types than are declared, and NVCF changes none "
    "of them: the next run will replace it. To keep it, declare its artifact types and set adopt: %s."
)
_SENSITIVE = ("username", "password")
_NOTES = ("account", "onDestroy", "keeps", "adopt", "propagationSeconds")

Props = dict[str, Any]
"""A resource's properties as the engine sends them."""


class RegistryCredentialProvider(ResourceProvider):
    """Makes, reads, changes and deletes registry credentials through NVCF's API."""

    _connection: Connection | None = None
    _unusable: tuple[str, str] = ("Where NVCF is has not been read yet.", "Call configure first.")

    def configure(self, req: ConfigureRequest) -> None:
        """Reads where NVCF is; what is missing is told by the first call that needs it, not here.

        A stack must be readable, previewable and, when it holds no credential, destroyable without NVCF.
        """
        logging.getLogger("grpc._server").addFilter(_is_no_nvcf_error)
        follow_engine()
        try:
            self._connection = connection_from(req.config.get, os.environ)
        except NvcfError as error:
            self._unusable = (error.problem, error.remedy)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Finds everything wrong with declared properties, each a failure of its own, in previews too."""
        failures = [
            # The engine prints the value beside the name of a property, and a key pasted into the wrong one is a value.
            CheckFailure("" if key in _SENSITIVE else key, f"{key} {mistake}")
            for key, mistake in input_mistakes(_marked(news))
        ]
        return CheckResult(news, failures)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Tells whether a change is made in place or needs a new credential."""
        account = self._connection.account if self._connection else None
        change = credential_change(_marked(olds), _marked(news), account)
        return DiffResult(
            changes=bool(change),
            replaces=list(change.replaces),
            # Two credentials of one hostname and name cannot be, so the old one has to go first.
            delete_before_replace=True,
        )

    def create(self, props: Props) -> CreateResult:
        """Makes the credential, or takes over the one that is there already, in particular our own earlier one."""
        wanted = declared(props)
        with _naming(props), self._client(props, wanted.account, wanted.propagation_seconds) as client:
            if wanted.adopt:
                credential = take_over(client, wanted.adopt, wanted.new, wanted.secret)
            else:
                registration = register(client, wanted.new, wanted.secret)
                credential = registration.credential
                if registration.found:
                    _log.warning(
                        "%s existed in NVCF (%s, made %s by %s) and was taken over with the declared secret.",
                        _label(props),
                        credential.id,
                        credential.created_at,
                        credential.provisioned_by,
                    )
                    if credential_change(_outputs(props, credential), props).replaces:
                        _log.warning(_OTHERWISE_REPLACED, _label(props), credential.id)
        return CreateResult(credential.id, _outputs(props, credential))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Reads the credential as it is now; one that is gone has no id.

        The secret never comes back, so that of the state is kept. When somebody has written to the credential since
        we did, its secret may be another: the marker makes the next update send ours again.
        """
        with _naming(props, id_), self._client(props, self._account_of(props)) as client:
            try:
                credential = client.get(id_)
            except errors.NotFound as gone:
                _same_account(gone, props)
                return ReadResult("", {})
        outs = _outputs(props, credential)
        written = text(props, "lastUpdatedAt")
        outs[MARKER] = props.get(MARKER) is True or is_later(credential.last_updated_at, written)
        return ReadResult(id_, outs, {key: outs[key] for key in INPUTS if outs.get(key) is not None})

    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Changes the credential in place: secret, name, further artifact types."""
        change = credential_change(olds, news)
        if not change.patches:
            kept = {key: value for key, value in olds.items() if key not in _NOTES}
            return UpdateResult(kept | {key: news[key] for key in _NOTES if news.get(key) is not None})
        wanted = declared(news)
        account = self._account_of({**olds, "account": news.get("account")})
        with _naming(news, id_), self._client(olds, account, wanted.propagation_seconds) as client:
            added = wanted.new.artifact_types - texts(olds, "artifactTypes")
            try:
                credential = client.change(id_, wanted.new.name, wanted.secret, added)
            except errors.NotFound as gone:
                _same_account(gone, olds)
                raise errors.NotFound(
                    f"The credential {id_} no longer exists in NVCF.",
                    "Run `pulumi refresh`, which notes that it is gone, then `pulumi up`, which makes it anew.",
                ) from None
            except errors.Conflict as conflict:
                raise explain_conflict(client, conflict, client.get(id_), wanted.new.name) from None
        return UpdateResult(_outputs(news, credential))

    def delete(self, id_: str, props: Props) -> None:
        """Deletes the credential, unless it is to be kept or came with the account; one that is gone is no error."""
        label = _label(props, id_)
        if props.get("onDestroy") == "keep":
            kept = ", ".join([label, *sorted(texts(props, "keeps"))])
            _log.warning(_STAYS, kept)
            return
        if props.get("provisionedBy") == SYSTEM:
            _log.warning(_SYSTEM_STAYS, label)
            return
        with _naming(props, id_), self._client(props, self._account_of(props)) as client:
            try:
                client.delete(id_)
            except errors.NotFound as gone:
                _same_account(gone, props)
            except errors.SystemProvisioned:
                _log.warning(_SYSTEM_STAYS, label)

    def _transport(self) -> httpx.BaseTransport | None:
        """Returns what carries the calls; `None` is the network. Tests put something else here."""
        return None

    def _retries(self, propagation_seconds: float) -> Retries:
        """Returns how failed calls are repeated. Tests put a clock of their own here."""
        return Retries(propagation_seconds=propagation_seconds)

    def _client(self, known: Props, account: str | None, propagation_seconds: float | None = None) -> NvcfClient:
        connection = self._configured()
        seconds = connection.propagation_seconds if propagation_seconds is None else propagation_seconds
        account = account or connection.account
        lock = account_lock(f"{connection.endpoint} {connection.host or ''}", account, os.environ)
        return NvcfClient(
            connection,
            account=account,
            retries=self._retries(seconds),
            write_guard=lambda: _one_write(lock),
            confidential=secret_values(text(known, "username"), text(known, "password")),
            transport=self._transport(),
        )

    def _configured(self) -> Connection:
        if self._connection is None:
            # A new error each time: several resources report it, each under its own name.
            raise errors.NotConfigured(*self._unusable)
        return self._connection

    def _account_of(self, props: Mapping[str, object]) -> str | None:
        """Returns the account to name in calls about a credential that exists: that which it was made in.

        Only where an account is declared or configured: a token that speaks for its own account need not have the
        right to name it.
        """
        named = text(props, "account") or (self._connection.account if self._connection else None)
        return (text(props, "accountId") or named) if named else None


class _Required(TypedDict):
    hostname: pulumi.Input[str]
    name: pulumi.Input[str]
    username: pulumi.Input[str]
    password: pulumi.Input[str]
    artifactTypes: pulumi.Input[list[str]]


class RegistryCredentialProps(_Required, total=False):
    """Inputs of a registry credential: the five above, and these."""

    tags: pulumi.Input[list[str]]
    description: pulumi.Input[str]
    account: pulumi.Input[str]
    onDestroy: pulumi.Input[str]
    keeps: pulumi.Input[list[str]]
    adopt: pulumi.Input[str]
    propagationSeconds: pulumi.Input[float]


class RegistryCredentialResource(Resource, module="nvcf", name="RegistryCredential"):
    """A credential with which NVCF pulls from a registry.

    Outputs have the names of the properties in snake case: `credential_id`, `registry_name`, `provisioned_by`,
    `created_at`, `last_updated_at`, `account_id`, and the inputs.
    """

    hostname: pulumi.Output[str]
    name: pulumi.Output[str]
    artifact_types: pulumi.Output[list[str]]
    credential_id: pulumi.Output[str]
    account_id: pulumi.Output[str]
    registry_name: pulumi.Output[str]
    provisioned_by: pulumi.Output[str]
    created_at: pulumi.Output[str]
    last_updated_at: pulumi.Output[str]
    changed_outside: pulumi.Output[bool]

    def __init__(
        self, resource_name: str, props: RegistryCredentialProps, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares a credential.

        Args:
            resource_name: The resource's name in the stack.
            props: Its inputs.
            opts: The usual options.
        """
        outputs = dict.fromkeys(
            ("credentialId", "accountId", "registryName", "provisionedBy", "createdAt", "lastUpdatedAt", MARKER)
        )
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(
            RegistryCredentialProvider(),
            resource_name,
            # The SDK makes attributes of the names it is given and translates only what goes over the wire.
            {
                _python_name(key): value
                for key, value in {**outputs, **props, "password": pulumi.Output.secret(props["password"])}.items()
            },
            pulumi.ResourceOptions.merge(opts, secret),
        )

    def translate_output_property(self, prop: str) -> str:
        """Gives outputs their Python names."""
        return _python_name(prop)

    def translate_input_property(self, prop: str) -> str:
        """Gives inputs the names that the provider knows; the SDK's own `__provider` keeps its name."""
        if prop.startswith("__"):
            return prop
        first, *rest = prop.split("_")
        return first + "".join(map(str.capitalize, rest))


def _python_name(prop: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in prop)


def _marked(value: Any) -> Any:
    """Puts the engine's marker text back where the SDK has put an object for a value that is not known yet."""
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return UNKNOWN if isinstance(value, Unknown) else value


def _outputs(props: Mapping[str, Any], credential: Credential) -> Props:
    """Makes a resource's outputs: the server's word where it has one, else what was declared.

    Sets keep the order they were declared in as long as they are the same sets, so that nothing appears changed.
    """
    outs: Props = {key: props[key] for key in INPUTS if props.get(key) is not None}
    outs |= {
        "hostname": credential.hostname,
        "name": credential.name,
        "artifactTypes": _in_order(props, "artifactTypes", credential.artifact_types),
        "credentialId": credential.id,
        "accountId": credential.account,
        "registryName": credential.registry_name,
        "provisionedBy": credential.provisioned_by,
        "createdAt": in_milliseconds(credential.created_at),
        "lastUpdatedAt": in_milliseconds(credential.last_updated_at),
        MARKER: False,
    }
    if credential.tags or props.get("tags") is not None:
        outs["tags"] = _in_order(props, "tags", credential.tags)
    if credential.description or props.get("description") is not None:
        outs["description"] = credential.description or ""
    return outs


def _in_order(props: Mapping[str, Any], key: str, values: frozenset[str]) -> list[str]:
    return list(props[key]) if props.get(key) and texts(props, key) == values else sorted(values)


def _same_account(gone: errors.NotFound, props: Mapping[str, object]) -> None:
    """Refuses to take a credential for gone when our token merely looks into another account.

    Raises:
        AccountMismatch: It does.
    """
    made_in = text(props, "accountId")
    if made_in and gone.account and gone.account != made_in:
        error = errors.AccountMismatch(
            f"The credential was made in the NVCF account '{made_in}', and the token speaks for '{gone.account}'.",
            f"Use a token of '{made_in}', or one with an administrator's scope and nvcf-registry:nvcf.account set.",
        )
        error.resource = _label(props)
        raise error


@contextmanager
def _one_write(lock: AccountLock) -> Iterator[None]:
    """Holds off other writers, then the end of the process."""
    with lock.held(), writing():
        yield


@contextmanager
def _naming(props: Mapping[str, object], credential_id: str = "") -> Iterator[None]:
    """Says in every error which credential it is about."""
    try:
        yield
    except NvcfError as error:
        error.resource = error.resource or _label(props, credential_id)
        raise


def _label(props: Mapping[str, object], credential_id: str = "") -> str:
    name, hostname = text(props, "name"), text(props, "hostname")
    known = f"'{name}' for {hostname}" if name and hostname else credential_id or "without a name"
    return f"NVCF registry credential {known}"


def _is_no_nvcf_error(record: logging.LogRecord) -> bool:
    """Keeps grpc from printing a traceback for errors that the engine is told of anyway.

    The engine shows the error's text beside its resource; thirty lines of grpc's internals before it would bury it.
    Anything else that is raised is a defect and keeps its traceback.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], NvcfError))
