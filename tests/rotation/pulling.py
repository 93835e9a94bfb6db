"""Somebody who pulls all the time, as clusters do: new launches with what NVCF hands out, and a function that runs.

Both ask a replica of NVCF that did not take the rotation's write, so what they get may be as old as its caches. The
function keeps the credential that it was deployed with until it is redeployed.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import ClientError
from typing_extensions import Self

from tests.registry_client import RegistryClient, RegistryError

#: The replica that takes no writes.
REPLICA = "b"
#: Seconds between two pulls of one puller: the machine is to be left to the engine.
PAUSE = 0.2


@dataclass(frozen=True)
class Failure:
    """A pull that failed.

    Attributes:
        who: `launch` or `running`.
        key_id: the key it was made with.
        cause: what was answered.
    """

    who: str
    key_id: str
    cause: str


@dataclass(frozen=True)
class Place:
    """What is pulled, and where.

    Attributes:
        nvcf: NVCF's endpoint.
        aws: AWS's endpoint, which is the registry's, too.
        account: NVCF's account.
        hostname: the registry's hostname.
        repository: the repository.
        region: the registry's region.
    """

    nvcf: str
    aws: str
    account: str
    hostname: str
    repository: str
    region: str

    @property
    def image(self) -> str:
        """The image that functions name."""
        return f"{self.hostname}/{self.repository}:v1"


@dataclass
class Puller:
    """Pulls until it is told to stop.

    Attributes:
        place: what and where.
        failures: every pull that failed.
        pulls: how many pulls there were, by who pulled.
        keys: the keys pulled with, in the order of their first use.
    """

    place: Place
    failures: list[Failure] = field(default_factory=list)
    pulls: dict[str, int] = field(default_factory=lambda: {"launch": 0, "running": 0})
    keys: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.place.nvcf, trust_env=False, timeout=30)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._version = self._deploy()
        self._threads = [
            threading.Thread(target=self._pull_on, args=(who, login), name=f"puller-{who}")
            for who, login in (("launch", self._next_login), ("running", self._running_login))
        ]

    def redeploy(self) -> None:
        """Deploy the function anew: the new instance takes over, then the old one goes."""
        old, new = self._version, self._deploy()
        with self._lock:
            self._version = new
        self._http.delete(f"/__sandbox/functions/{old}").raise_for_status()

    def await_pulls(self, more: int) -> None:
        """Wait until each of the two has pulled so many times more."""
        with self._lock:
            goal = {who: count + more for who, count in self.pulls.items()}
        deadline = time.monotonic() + 60
        while any(self.pulls[who] < count for who, count in goal.items()):
            assert time.monotonic() < deadline, f"the pullers stand still at {self.pulls}"
            self._stop.wait(PAUSE)

    def _deploy(self) -> str:
        body = {"account": self.place.account, "image": self.place.image, "deployed": True, "replica": REPLICA}
        return str(self._http.post("/__sandbox/functions", json=body).raise_for_status().json()["versionId"])

    def _handed_out(self, which: str) -> tuple[str, str]:
        with self._lock:
            query = {"account": self.place.account, "replica": REPLICA}
            functions = self._http.get("/__sandbox/handed-out", params=query).raise_for_status().json()["functions"]
            (found,) = [each for each in functions if each["versionId"] == self._version]
        (login,) = [each for each in found[which] if each["hostname"] == self.place.hostname]
        return login["username"], login["password"]

    def _next_login(self) -> tuple[str, str]:
        return self._handed_out("next")

    def _running_login(self) -> tuple[str, str]:
        return self._handed_out("running")

    def _pull_on(self, who: str, login: Callable[[], tuple[str, str]]) -> None:
        while not self._stop.wait(PAUSE):
            key = login()
            try:
                pull(self.place, key)
            except (ClientError, RegistryError) as error:
                self.failures.append(Failure(who, key[0], str(error)))
            with self._lock:
                self.pulls[who] += 1
                self.keys.setdefault(key[0])

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._http.close()


def pull(place: Place, key: tuple[str, str]) -> None:
    """Log in with a key and pull the image, every digest checked.

    Raises:
        ClientError: the key does not log in.
        RegistryError: the registry refuses, or what it gives is wrong.
    """
    with RegistryClient(place.aws, token=login_token(place, key), host=place.hostname) as registry:
        registry.pull_image(place.repository, "v1")


def login_token(place: Place, key: tuple[str, str]) -> str:
    """Return the token that ECR gives for a key."""
    ecr = boto3.client(
        "ecr",
        region_name=place.region,
        endpoint_url=place.aws,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}),
    )
    answer: Mapping[str, Any] = ecr.get_authorization_token()
    return str(answer["authorizationData"][0]["authorizationToken"])
