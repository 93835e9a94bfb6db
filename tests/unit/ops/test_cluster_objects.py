"""What `kubectl` tells of a cluster becomes what is found, also where it does not let us look everywhere."""

import json
from collections.abc import Sequence

from ops.cluster import ClusterAccess
from ops.errors import OpsError
from ops.remains.cluster_objects import ClusterPlace
from ops.remains.found import Kind, Owner
from settings.marks import cluster_labels


class Kubectl(ClusterAccess):
    """Answers from a table of objects: kind, namespace, name, stack."""

    objects: Sequence[tuple[str, str, str, str]] = (
        ("Secret", "gpu", "pull", "dev.eu"),
        ("CronJob", "gpu", "pull-refresh", "dev.eu"),
        ("Secret", "other", "pull", "prod"),
    )
    listable: frozenset[str] = frozenset({"", "gpu", "other"})

    def run(self, *arguments: str) -> str:
        if arguments[:2] == ("config", "current-context"):
            return "here\n"
        if arguments[1] == "namespaces":
            return ""
        wanted = arguments[arguments.index("--namespace") + 1] if "--namespace" in arguments else ""
        if wanted not in self.listable:
            raise OpsError('The cluster could not be asked: secrets is forbidden: User "x" cannot list', "Allow it.")
        kinds = arguments[1].split(",")
        return "".join(
            "\t".join((kind, namespace, name, json.dumps(cluster_labels("p", stack)))) + "\n"
            for kind, namespace, name, stack in self.objects
            if wanted in ("", namespace) and f"{kind.lower()}s" in kinds
        )


def access() -> Kubectl:
    return Kubectl(None, "/config", None, {})


def test_objects_are_found_with_their_stacks_and_the_command_that_removes_them() -> None:
    look = ClusterPlace(access()).look("p", ["dev.eu"])
    assert [(each.name, each.owner) for each in look.found] == [
        ("Secret gpu/pull", Owner("p", "dev.eu")),
        ("CronJob gpu/pull-refresh", Owner("p", "dev.eu")),
        ("Secret other/pull", Owner("p", "prod")),
    ]
    first = look.found[0]
    assert (first.kind, first.key, first.place) == (Kind.CLUSTER_OBJECT, "object:here:Secret:gpu/pull", "cluster here")
    assert first.commands == ("kubectl --kubeconfig /config --context here --namespace gpu delete secret pull",)
    assert look.unseen == []
    assert ClusterPlace(access()).look("another", []).found == []


def test_who_may_only_see_one_namespace_finds_what_is_there_and_is_told() -> None:
    kubectl = access()
    object.__setattr__(kubectl, "listable", frozenset({"gpu"}))
    look = ClusterPlace(kubectl, frozenset({"gpu", "missing"})).look("p", ["dev.eu"])
    assert sorted(each.name for each in look.found) == ["CronJob gpu/pull-refresh", "Secret gpu/pull"]
    (unseen,) = look.unseen
    assert "forbidden" in unseen.problem
