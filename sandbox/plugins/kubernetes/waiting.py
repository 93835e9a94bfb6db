"""Waiting for what the cluster does by itself: an object to be gone, a Job to complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, Kind, Object
from sandbox.plugins.kubernetes.objects import TIMEOUT_SECONDS, ObjectId, annotation

DELETE_TIMEOUT = 300.0
CREATE_TIMEOUT = 600.0
"""Seconds that the official plugin waits when nobody says otherwise."""

_STRETCH = 5.0
"""Seconds of one watch: after each, it is seen whether the run was cancelled."""


class WaitTimeoutError(Exception):
    """What was waited for did not happen in time, or the run was cancelled."""

    def __init__(self, last: Object | None) -> None:
        super().__init__()
        self.last = last


def timeout_of(requested: float, inputs: Mapping[str, Any], default: float) -> float:
    """How many seconds to wait: the resource option, else the annotation, else the default."""
    if requested > 0:
        return requested
    try:
        return float(annotation(inputs, TIMEOUT_SECONDS))
    except ValueError:
        return default


def follow(
    cluster: Cluster,
    kind: Kind,
    where: ObjectId,
    done: Callable[[Object | None], bool],
    *,
    seconds: float,
    cancelled: threading.Event,
) -> Object | None:
    """Watch one object until it is as wished.

    Args:
        cluster: the API server.
        kind: where objects of its kind are.
        where: which one.
        done: whether the object, None when there is none, is as wished.
        seconds: how long to wait.
        cancelled: set when the run was interrupted.

    Returns:
        The object as wished; None when it is gone.

    Raises:
        WaitTimeoutError: it did not come to that.
        ApiError: the server refused to show it.
    """
    end = time.monotonic() + seconds
    while True:
        current = _find(cluster, kind, where)
        if done(current):
            return current
        left = end - time.monotonic()
        if left <= 0 or cancelled.is_set() or current is None:
            raise WaitTimeoutError(current)
        since = current["metadata"]["resourceVersion"]
        for event, obj in cluster.watch(kind, where.namespace, where.name, since, min(left, _STRETCH)):
            current = None if event == "DELETED" else obj
            if done(current):
                return current


def is_gone(uid: str) -> Callable[[Object | None], bool]:
    """Whether the object with that unique id is no more; another one of its name does not count."""
    return lambda obj: obj is None or obj["metadata"].get("uid") != uid


def is_finished(obj: Object | None) -> bool:
    """Whether a Job has completed or failed, or was deleted while it was waited for."""
    return obj is None or job_verdict(obj) is not None


def job_verdict(job: Mapping[str, Any]) -> tuple[bool, str] | None:
    """Whether a Job succeeded, and the cluster's words; None while it runs."""
    for condition in (job.get("status") or {}).get("conditions") or []:
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            words = f"{condition.get('reason', '')}: {condition.get('message', '')}".strip(": ")
            return condition["type"] == "Complete", words
    return None


def _find(cluster: Cluster, kind: Kind, where: ObjectId) -> Object | None:
    try:
        return cluster.get(kind, where.namespace, where.name)
    except ApiError as error:
        if error.code == 404:
            return None
        raise
