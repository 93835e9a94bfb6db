"""`credentials`: every registry credential of an NVCF account, whose each is, and deleting one that is nobody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nvcf.credentials import Credential
from nvcf.errors import NotFound, NvcfError
from nvcf.ownership import stack_of
from ops.app import JsonOption, Session, YesOption, app, emit, finish, session
from ops.deployed import deployed_stack
from ops.engine import Engine
from ops.errors import ExitCode, OpsError, RefusedError
from ops.nvcf import client, connection

commands = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(commands, name="credentials")

OneStackOption = Annotated[
    str | None,
    typer.Option("--stack", "-s", help="The stack whose NVCF and account are meant. Default: the selected one."),
]


class ArtifactType(str, Enum):
    """What a credential may be used for."""

    CONTAINER = "CONTAINER"
    HELM = "HELM"
    MODEL = "MODEL"
    RESOURCE = "RESOURCE"


class Provisioner(str, Enum):
    """Who made a credential."""

    USER = "USER"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True)
class Held:
    """A credential and the stack that has it.

    Attributes:
        credential: as NVCF tells of it.
        stack: the stack of this backend that holds it; None where none does.
        marked: the stack that its tags name, as `<project>:<stack>`; None where they name none.
    """

    credential: Credential
    stack: str | None
    marked: str | None

    @property
    def whose(self) -> str:
        """Whose it is, for people."""
        if self.stack:
            return self.stack
        return f"{self.marked}, not held by any stack here" if self.marked else "-"


def chosen(
    credentials: Iterable[Credential], types: Sequence[str], provisioner: str | None, holders: dict[str, str]
) -> list[Held]:
    """Return the credentials that filters let through, by hostname and name.

    Args:
        credentials: those of the account.
        types: artifact types of which a credential must have one; all when empty.
        provisioner: who must have made it; None for anybody.
        holders: the stack that holds a credential, by its id.
    """
    found = [
        Held(each, holders.get(each.id), stack_of(each.tags))
        for each in credentials
        if (not types or each.artifact_types & set(types)) and provisioner in (None, each.provisioned_by)
    ]
    return sorted(found, key=lambda held: (held.credential.hostname, held.credential.name, held.credential.id))


def holders(engine: Engine) -> dict[str, str]:
    """Return the stack of this backend that holds each credential, by the credential's id.

    Args:
        engine: the project's engine.

    Raises:
        OpsError: a stack cannot be read, so that nobody knows what it holds.
    """
    return {
        registry.credential.id: name
        for name in engine.stacks()
        for registry in deployed_stack(engine.stack(name).export()).registries.values()
        if registry.credential is not None
    }


@commands.callback()
def list_command(
    context: typer.Context,
    stack: OneStackOption = None,
    artifact_type: Annotated[
        list[ArtifactType] | None, typer.Option("--type", help="Only those for this artifact type; may be given again.")
    ] = None,
    provisioner: Annotated[
        Provisioner | None, typer.Option(help="Only those made by users, or with the account.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List every credential of the account, with the stack that holds it. `credentials delete ID` deletes one."""
    if context.invoked_subcommand is not None:
        return
    shared = session(context)
    where = connection(shared.engine.stack(_one(shared, stack)))
    try:
        with client(where) as nvcf:
            listed = nvcf.list()
    except NvcfError as error:
        raise OpsError(error.problem, error.remedy) from None
    types = [each.value for each in artifact_type or ()]
    found = chosen(listed, types, provisioner.value if provisioner else None, holders(shared.engine))
    if as_json:
        emit({"command": "credentials", "exitCode": 0, "credentials": [_report(each) for each in found]})
    else:
        Console().print(table(found))


@commands.command("delete")
def delete_command(
    context: typer.Context,
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="NVCF's id of the credential.")],
    stack: OneStackOption = None,
    abandoned: Annotated[
        bool, typer.Option("--abandoned", help="The stack that its tags name is gone, and no other backend has it.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Delete a credential that no stack holds. NVCF refuses while functions use its hostname, and names them."""
    shared = session(context)
    where = connection(shared.engine.stack(_one(shared, stack)))
    try:
        with client(where) as nvcf:
            found = nvcf.get(credential_id)
            held = holders(shared.engine).get(credential_id)
            refuse_held(Held(found, held, stack_of(found.tags)), abandoned=abandoned)
            if shared.confirm(f"Delete '{found.name}' for {found.hostname} ({found.id})?", yes=yes):
                nvcf.delete(credential_id)
                shared.console.print(f"deleted '{found.name}' for {found.hostname} ({found.id})", highlight=False)
    except NotFound:
        raise OpsError(f"There is no credential {credential_id} in the account.", "`credentials` lists them.") from None
    except NvcfError as error:
        raise OpsError(error.problem, error.remedy) from None
    finish(ExitCode.DONE)


def refuse_held(held: Held, *, abandoned: bool) -> None:
    """Refuse to delete what a stack holds, or may hold.

    Args:
        held: the credential, and whose it is.
        abandoned: whether the stack that its tags name is known to be gone.

    Raises:
        RefusedError: a stack has it.
    """
    credential = held.credential
    if held.stack is not None:
        raise RefusedError(
            f"The stack '{held.stack}' holds the credential {credential.id} ('{credential.name}' for "
            f"{credential.hostname}).",
            f"Take its registry out of the configuration and run `pulumi up --stack {held.stack}`, or destroy it.",
        )
    if held.marked is not None and not abandoned:
        raise RefusedError(
            f"The tags of the credential {credential.id} name the stack '{held.marked}', which this backend does not "
            "have, or which does not hold it.",
            "If that stack is gone, say --abandoned; if it lives in another backend, leave the credential to it.",
        )
    if credential.is_system:
        raise RefusedError(
            f"The credential {credential.id} came with the account and goes only with it.",
            "It can be given another secret: `adopt` it in a stack.",
        )


def table(found: Sequence[Held]) -> Table:
    """Return what people see."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "hostname", "name", "types", "made by", "changed", "stack"):
        shown.add_column(column, overflow="fold")
    for each in found:
        credential = each.credential
        shown.add_row(
            credential.id,
            credential.hostname,
            credential.name,
            ", ".join(sorted(credential.artifact_types)),
            credential.provisioned_by,
            credential.last_updated_at[:19],
            each.whose,
        )
    return shown


def _one(shared: Session, stack: str | None) -> str:
    return stack if stack is not None else shared.chosen(None, every=False)[0]


def _report(each: Held) -> dict[str, object]:
    credential = each.credential
    return {
        "id": credential.id,
        "hostname": credential.hostname,
        "name": credential.name,
        "registry": credential.registry_name,
        "artifactTypes": sorted(credential.artifact_types),
        "tags": sorted(credential.tags),
        "description": credential.description,
        "provisionedBy": credential.provisioned_by,
        "createdAt": credential.created_at,
        "lastUpdatedAt": credential.last_updated_at,
        "stack": each.stack,
        "markedStack": each.marked,
    }
