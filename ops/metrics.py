"""The standing of registries as Prometheus metrics, for the node exporter's text file collector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from ops.standing import Standing

_KEY = ["stack", "registry", "generation", "key_id"]
_REGISTRY = ["stack", "registry"]


def write_metrics(path: Path, stacks: Mapping[str, Sequence[Standing] | None], now: datetime) -> None:
    """Write the metrics of stacks to a file, all at once.

    Args:
        path: the file; it appears whole or not at all.
        stacks: the registries of each stack; None for a stack that could not be looked at.
        now: the present moment, with its timezone.

    Raises:
        OSError: the file cannot be written.
    """
    metrics = CollectorRegistry()
    looked = _gauge(metrics, "looked_at_timestamp_seconds", "When the stack was last looked at.", ["stack"])
    success = _gauge(metrics, "look_success", "Whether the stack could be looked at.", ["stack"])
    problems = _gauge(metrics, "problems", "How much of a registry somebody should see to.", _REGISTRY)
    generation = _gauge(metrics, "key_generation", "The generation of the key that NVCF has.", _REGISTRY)
    due = _gauge(metrics, "rotation_due_timestamp_seconds", "When the next rotation is due.", _REGISTRY)
    created = _gauge(metrics, "key_created_timestamp_seconds", "When an access key was made.", _KEY)
    used = _gauge(metrics, "key_last_used_timestamp_seconds", "When an access key was last used.", _KEY)
    active = _gauge(metrics, "key_active", "Whether an access key can be used.", _KEY)
    expires = _gauge(
        metrics,
        "pull_secret_expires_timestamp_seconds",
        "When the token in a pull secret expires.",
        [*_REGISTRY, "namespace", "secret"],
    )
    for stack, found in stacks.items():
        success.labels(stack).set(found is not None)
        looked.labels(stack).set(now.timestamp())
        for each in found or ():
            where = (stack, each.registry)
            problems.labels(*where).set(len(each.problems))
            if each.generation is not None:
                generation.labels(*where).set(each.generation)
            if each.due is not None:
                due.labels(*where).set(each.due.timestamp())
            for key in each.keys:
                labels = (*where, "foreign" if key.generation is None else str(key.generation), key.id)
                active.labels(*labels).set(key.status == "active")
                if key.created:
                    created.labels(*labels).set(key.created.timestamp())
                if key.last_used:
                    used.labels(*labels).set(key.last_used.timestamp())
            for secret in each.pull_secrets:
                if secret.expires:
                    expires.labels(*where, secret.namespace, secret.name).set(secret.expires.timestamp())
    write_to_textfile(str(path), metrics)


def _gauge(metrics: CollectorRegistry, name: str, text: str, labels: list[str]) -> Gauge:
    return Gauge(f"nvcf_registry_{name}", text, labels, registry=metrics)
