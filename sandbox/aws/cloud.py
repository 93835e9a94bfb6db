"""Everything the sandbox's AWS remembers, and its first day: one account with one administrator.

Most state lives in moto's backends, which belong to the process, so a process holds one cloud at a time.
"""

import datetime as dt
import functools
import json
import threading
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from sandbox.aws.account import (
    ACCOUNT_ID,
    ADMIN_KEY_ID,
    ADMIN_POLICY_ARN,
    ADMIN_SECRET,
    ADMIN_USER,
    GLOBAL_REGION,
    PARTITION,
)
from sandbox.aws.call_log import CallLog
from sandbox.aws.ecr_public_registry import PublicRegistry
from sandbox.aws.faults import Faults
from sandbox.aws.holds import Holds
from sandbox.aws.identities import iam
from sandbox.aws.layer_links import LayerLinks
from sandbox.aws.layer_store import LayerStore
from sandbox.aws.propagation import Propagation
from sandbox.aws.sessions import Clock, Sessions
from sandbox.aws.tokens import TokenIssuer
from sandbox.aws.web_identity import IdentityProviderKeys

_MANAGED_POLICIES = frozenset(
    {
        "AdministratorAccess",
        "AmazonEC2ContainerRegistryFullAccess",
        "AmazonEC2ContainerRegistryPowerUser",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonElasticContainerRegistryPublicReadOnly",
        "ReadOnlyAccess",
    }
)
"""AWS managed policies that exist here."""


def system_clock() -> dt.datetime:
    """The present moment."""
    return dt.datetime.now(dt.timezone.utc)


class Cloud:
    """The state behind the services.

    Attributes:
        clock: Gives the present moment.
        lock: Held while a service works: moto is not made for several threads.
        propagation: How long new access keys stay unknown.
        faults: Failures that tests asked for.
        holds: Calls that a failure made stand still.
        calls: Log of calls.
        sessions: Temporary credentials.
        tokens: Issuer of registry passwords.
        public_registry: ECR Public, which moto lacks.
        layers: Where layers' bytes are; None without a registry.
        layer_links: Addresses at which layers can be had.
        identity_provider_keys: Signing keys of OpenID Connect issuers.
    """

    def __init__(
        self, clock: Clock = system_clock, propagation_seconds: float = 0.0, layers: LayerStore | None = None
    ) -> None:
        self.clock = clock
        self.layers = layers
        self.layer_links = LayerLinks()
        self.lock = threading.RLock()
        self.propagation = Propagation(propagation_seconds)
        self.faults = Faults()
        self.holds = Holds()
        self.calls = CallLog()
        self.reset()

    def reset(self) -> None:
        """Goes back to the first day; the propagation delay stays as it is."""
        with self.lock:
            BackendDict.reset()
            self.sessions = Sessions(self.clock)
            self.tokens = TokenIssuer()
            self.public_registry = PublicRegistry()
            self.identity_provider_keys = IdentityProviderKeys()
            self.faults.clear()
            self.holds.release()
            self.calls.clear()
            _add_managed_policies()
            _add_administrator()


@functools.cache
def _managed_policies() -> Mapping[str, Any]:
    # moto carries all of AWS's, 6 MB of JSON; the few that exist here are picked once.
    known = json.loads(aws_managed_policies_data)
    return {name: known[name] for name in sorted(_MANAGED_POLICIES & known.keys())}


def _add_managed_policies() -> None:
    for name, data in _managed_policies().items():
        policy = AWSManagedPolicy.from_data(name, ACCOUNT_ID, PARTITION, data)
        iam().managed_policies[policy.arn] = policy


def _add_administrator() -> None:
    backend = iam()
    user = backend.create_user(GLOBAL_REGION, ADMIN_USER, "/")
    backend.attach_user_policy(ADMIN_POLICY_ARN, ADMIN_USER)
    key = backend.create_access_key(ADMIN_USER)
    del backend.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = ADMIN_KEY_ID, ADMIN_SECRET
    # It has always been there, however slowly new keys propagate.
    key.create_date = key.create_date.replace(year=2020, month=1, day=1)
    backend.access_keys[ADMIN_KEY_ID] = key
    user.id = "AIDASANDBOXADMIN00001"
