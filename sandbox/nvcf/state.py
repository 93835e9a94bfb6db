"""All state of one emulator: tables, caches, planned faults, the log of calls. Touched by one event loop only."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sandbox.nvcf.accounts import DEFAULT_ACCOUNT_ID, DEFAULT_CLIENT_ID, Account, AccountTable, Limits
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import ServerConfig
from sandbox.nvcf.credential_rows import CredentialRows
from sandbox.nvcf.credentials import CredentialService
from sandbox.nvcf.faults import FaultPlan
from sandbox.nvcf.function_service import Deployment, FunctionService
from sandbox.nvcf.functions import FunctionTable
from sandbox.nvcf.holds import Holds
from sandbox.nvcf.ratelimit import RateLimiter
from sandbox.nvcf.registries import RecognizedRegistries
from sandbox.nvcf.registry_logins import ConfiguredRegistries, RegistryNetwork
from sandbox.nvcf.replicas import CacheTimes, ExpiringCache, Replica
from sandbox.nvcf.secret_store import SecretStore

DEFAULT_REPLICA = "a"


@dataclass(frozen=True)
class LoggedCall:
    """One call as the log keeps it: nothing of its headers or bodies.

    Attributes:
        started_at: Nanoseconds since 1970.
        seconds: How long the answer took.
        status: The status sent; 0 when the connection was cut instead.
    """

    method: str
    path: str
    status: int
    started_at: int
    seconds: float


@dataclass(frozen=True)
class ReplicaServices:
    """The calls as one replica runs them."""

    credentials: CredentialService
    functions: FunctionService


@dataclass
class EmulatorState:
    """What there is, who sees what of it, and what shall go wrong.

    Attributes:
        configured: Registries that answer from tables, also when ECR is asked for real.
        network: What credentials and artifacts are checked against.
        replica_in_use: Replica that serves requests which name none.
        holds: Calls that a fault made stand still; a reset does not touch them.
    """

    config: ServerConfig
    configured: ConfiguredRegistries
    network: RegistryNetwork
    clock: Clock
    holds: Holds = field(init=False, default_factory=Holds)
    recognized: RecognizedRegistries = field(init=False)
    accounts: AccountTable = field(init=False)
    rows: CredentialRows = field(init=False)
    secrets: SecretStore = field(init=False)
    functions: FunctionTable = field(init=False)
    deployments: dict[UUID, Deployment] = field(init=False)
    limiter: RateLimiter = field(init=False)
    faults: FaultPlan = field(init=False)
    calls: list[LoggedCall] = field(init=False)
    cache_times: CacheTimes = field(init=False)
    replica_in_use: str = field(init=False)
    _replicas: dict[str, ReplicaServices] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to a freshly started server: the default account and nothing else."""
        self.recognized = RecognizedRegistries.of(self.config.recognized)
        self.configured.logins = dict(self.config.logins)
        self.configured.artifacts = self.config.artifacts
        self.accounts = AccountTable()
        self.rows = CredentialRows()
        self.secrets = SecretStore()
        self.functions = FunctionTable()
        self.deployments = {}
        self.limiter = RateLimiter(self.config.rate_limit, self.clock)
        self.faults = FaultPlan()
        self.calls = []
        self.cache_times = CacheTimes()
        self.replica_in_use = DEFAULT_REPLICA
        self._replicas = {}
        self.accounts.save(
            Account(DEFAULT_ACCOUNT_ID, DEFAULT_ACCOUNT_ID, (DEFAULT_CLIENT_ID,), Limits(), self.clock.wall())
        )

    def services(self, replica_name: str | None = None) -> ReplicaServices:
        """The services of a replica, which comes into being when first named."""
        name = replica_name or self.replica_in_use
        if name not in self._replicas:
            self._replicas[name] = self._start_replica()
        return self._replicas[name]

    def _start_replica(self) -> ReplicaServices:
        replica = Replica(self.rows, self.secrets, self.cache_times, self.clock)
        return ReplicaServices(
            CredentialService(self.rows, replica, self.recognized, self.network, self.functions, self.clock),
            FunctionService(
                self.functions,
                self.deployments,
                replica,
                self.recognized,
                self.network,
                self.clock,
                tokens=ExpiringCache(self.clock),
            ),
        )
