"""A client of the NVCF account that a stack registers its credentials in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from nvcf.account_lock import account_lock
from nvcf.client import NvcfClient
from nvcf.connection import TOKEN_KEY, Connection, connection_from
from nvcf.errors import NvcfError
from ops.engine import EngineStack
from ops.errors import OpsError


def connection(stack: EngineStack, environ: Mapping[str, str] = os.environ) -> Connection:
    """Return how to reach a stack's NVCF, from its configuration, else from the environment.

    Args:
        stack: the stack; its token is decrypted only when the configuration holds one.
        environ: the environment.

    Raises:
        OpsError: something is missing or unusable.
    """
    config = stack.config()

    def value(key: str) -> object:
        if key == TOKEN_KEY:
            return stack.config_value(key)
        found = config.get(key)
        return json.dumps(found) if isinstance(found, Mapping) else found

    try:
        return connection_from(value, environ)
    except NvcfError as error:
        raise OpsError(error.problem, error.remedy) from None


def client(where: Connection, account: str | None = None, environ: Mapping[str, str] = os.environ) -> NvcfClient:
    """Return a client of an account; writes wait for other runs on this machine, as the provider's do.

    Args:
        where: how to reach NVCF.
        account: the account of the cross-account routes, where a credential names one.
        environ: the environment, for the lock.
    """
    account = account or where.account
    lock = account_lock(f"{where.endpoint} {where.host or ''}", account, environ)
    return NvcfClient(where, account=account, write_guard=lock.held)
