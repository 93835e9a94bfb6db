"""What pull secrets are made of in a cluster, by its labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ops.cluster import ClusterAccess, NotThereError
from ops.errors import OpsError
from ops.remains.found import Found, Kind, Look, Owner, Unseen
from ops.remains.holdings import object_key
from settings.marks import COMPONENT, COMPONENT_LABEL, PROJECT_LABEL, STACK_LABEL, label_value

#: What uses comes before what is used.
_KINDS = ("cronjobs", "jobs", "rolebindings", "roles", "serviceaccounts", "configmaps", "secrets")
#: What a Secret holds is left where it is.
_COLUMNS = (
    r"jsonpath={range .items[*]}{.kind}{'\t'}{.metadata.namespace}{'\t'}{.metadata.name}{'\t'}{.metadata.labels}"
    r"{'\n'}{end}"
)


@dataclass(frozen=True)
class ClusterPlace:
    """A cluster.

    Attributes:
        access: how it is reached.
        namespaces: where to look when it does not let us look everywhere.
    """

    access: ClusterAccess
    namespaces: frozenset[str] = field(default_factory=frozenset)

    @property
    def identity(self) -> str:
        """Its kubeconfig and the context in it: what the cluster is called is only known once it is asked."""
        return f"cluster {self.access.text or self.access.path} {self.access.context or ''}"

    def look(self, project: str, stacks: Sequence[str]) -> Look:
        """Look for the project's objects; see `Place`."""
        look = Look()
        try:
            # What the Kubernetes provider knows the cluster by (`components.cluster`).
            name = self.access.context or self.access.run("config", "current-context").strip()
        except OpsError as error:
            return Look(unseen=[Unseen("cluster", error.problem, error.remedy)])
        place = f"cluster {name}"
        for kinds, everywhere in (("namespaces", ()), (",".join(_KINDS), ("--all-namespaces",))):
            try:
                look.found += self._ours(self._list(kinds, *everywhere), name, project, stacks)
            except OpsError as error:
                look.unseen.append(Unseen(place, error.problem, error.remedy))
                if everywhere and "forbidden" in error.problem.lower():
                    look.found += self._where_allowed(name, project, stacks)
        return look

    def remove(self, found: Found, *, images: bool) -> None:  # noqa: ARG002 - as every place
        """Remove an object; see `Place`."""
        kind, _, name = found.name.partition(" ")
        namespace, slash, bare = name.rpartition("/")
        where = ("--namespace", namespace) if slash else ()
        self.access.run("delete", kind.lower(), bare, *where, "--ignore-not-found", "--wait=false")

    def _where_allowed(self, cluster: str, project: str, stacks: Sequence[str]) -> Iterator[Found]:
        """Look where the configuration and the state say that something is; what is forbidden is noted already."""
        for namespace in sorted(self.namespaces):
            for kind in _KINDS:
                try:
                    yield from self._ours(self._list(kind, "--namespace", namespace), cluster, project, stacks)
                except (NotThereError, OpsError):
                    continue

    def _list(self, kinds: str, *where: str) -> list[tuple[str, str, str, dict[str, str]]]:
        selector = f"{COMPONENT_LABEL}={COMPONENT},{PROJECT_LABEL}"
        text = self.access.run("get", kinds, *where, "--selector", selector, "--output", _COLUMNS)
        rows = (line.split("\t") for line in text.splitlines())
        return [(kind, namespace, name, json.loads(labels or "{}")) for kind, namespace, name, labels in rows]

    def _ours(
        self, rows: Iterable[tuple[str, str, str, dict[str, str]]], cluster: str, project: str, stacks: Sequence[str]
    ) -> Iterator[Found]:
        for kind, namespace, name, labels in rows:
            if labels.get(PROJECT_LABEL) != label_value(project):
                continue
            marked = labels.get(STACK_LABEL, "")
            owner = Owner(project, next((each for each in stacks if label_value(each) == marked), marked))
            full = f"{namespace}/{name}" if namespace else name
            where = f" --namespace {namespace}" if namespace else ""
            yield Found(
                Kind.CLUSTER_OBJECT if namespace else Kind.NAMESPACE,
                object_key(cluster, kind, full),
                f"{kind} {full}",
                f"cluster {cluster}",
                owner,
                commands=(f"{self._kubectl(cluster)}{where} delete {kind.lower()} {name}",),
            )

    def _kubectl(self, cluster: str) -> str:
        # One made for an EKS cluster is only here: the user's own kubeconfig has a context of the same name.
        file = "" if self.access.text is not None else f" --kubeconfig {self.access.path}"
        return f"kubectl{file} --context {cluster}"
