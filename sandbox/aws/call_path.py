"""What every call goes through once it is known who calls what: faults, the decision, its effect, the log.

Calls of the AWS APIs come here, and those that a registry client makes without knowing it by pulling or pushing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from sandbox.aws.actions import Call
from sandbox.aws.authorization import authorize
from sandbox.aws.cloud import Cloud
from sandbox.aws.faults import Fault, When
from sandbox.aws.identities import Credential
from sandbox.aws.resources import required_permissions

Sleep = Callable[[float], None]
Via = Literal["api", "registry"]
Result = TypeVar("Result")


class ConnectionCutError(Exception):
    """A fault asks for the connection to be closed without an answer.

    Attributes:
        code: What the log says of the call.
    """

    code = "ConnectionCut"


class ClientGoneError(ConnectionCutError):
    """The client of a held call has gone away."""

    code = "ClientGone"


class FaultStruckError(Exception):
    """A fault asks for an error as the answer.

    Attributes:
        fault: That fault; its status is not None.
        status: HTTP status to answer with.
    """

    def __init__(self, fault: Fault, status: int) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.status = status


@dataclass
class Progress:
    """What is known of a call so far, for the log.

    Attributes:
        call: What is called.
        key_id: Access key id behind it; empty when there is none.
        via: The AWS API, or a pull or push at the registry.
        is_client_gone: Whether nobody waits for the answer any more.
        resources: ARNs the call is about.
        principal: ARN of the caller.
        code: AWS error code, once it has failed.
    """

    call: Call
    key_id: str
    via: Via
    is_client_gone: Callable[[], bool]
    resources: tuple[str, ...] = ()
    principal: str = ""
    code: str = ""


class CallPath:
    """The way of calls through one cloud.

    Args:
        cloud: The state of the sandbox.
        sleep: Waits so many seconds, for faults with a delay.
    """

    def __init__(self, cloud: Cloud, sleep: Sleep) -> None:
        self._cloud = cloud
        self._sleep = sleep

    def take(
        self, progress: Progress, credential: Credential | None, effect: Callable[[], Result], *, is_free: bool = False
    ) -> Result:
        """Lets a call have its effect, unless a fault or a policy is against it.

        Args:
            progress: The call; learns which resources it is about.
            credential: Who calls; None when the call needs no signature, and so no permission.
            effect: What the call does; takes the cloud's lock itself where it needs it.
            is_free: Whether everyone may make the call, whatever policies say.

        Returns:
            What the effect returned.

        Raises:
            ConnectionCutError: The connection is to be closed without an answer.
            FaultStruckError: A fault makes the call fail.
            RequestRefusedError: The caller may not do this.
        """
        call = progress.call
        principal = credential.principal if credential is not None else None
        with self._cloud.lock:
            needed = required_permissions(call, principal)
        progress.resources = tuple(dict.fromkeys(permission.resource for permission in needed))
        fault = self._cloud.faults.take(call.action, progress.resources)
        if fault is not None and fault.delay:
            self._sleep(fault.delay)
        self._strike(fault, "before", progress)
        if credential is not None and not is_free:
            with self._cloud.lock:
                for permission in needed:
                    authorize(credential, permission, call.region, self._cloud.clock())
        result = effect()
        self._strike(fault, "after", progress)
        return result

    def log(self, progress: Progress, status: int) -> None:
        """Notes how a call ended.

        Args:
            progress: The call.
            status: HTTP status of the answer; 0 when there was none.
        """
        call = progress.call
        self._cloud.calls.add(
            at=self._cloud.clock().isoformat(),
            service=call.service,
            action=call.action,
            region=call.region,
            resources=progress.resources,
            key_id=progress.key_id,
            principal=progress.principal,
            status=status,
            code=progress.code,
            via=progress.via,
        )

    def _strike(self, fault: Fault | None, when: When, progress: Progress) -> None:
        if fault is None or fault.when != when:
            return
        if fault.hold and not self._cloud.holds.hold(
            progress.call.action, progress.resources, when, progress.is_client_gone
        ):
            raise ClientGoneError
        if fault.cut:
            raise ConnectionCutError
        if fault.status is not None:
            raise FaultStruckError(fault, fault.status)
