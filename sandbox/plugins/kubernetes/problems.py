"""What the API server's refusals mean to the user: texts that name the resource, the cause and the remedy."""

from __future__ import annotations

from sandbox.plugins.kubernetes.cluster import ApiError
from sandbox.plugins.protocol.messages import Target

_FORGET = (
    "If the cluster was deleted, rerun with the environment variable PULUMI_K8S_DELETE_UNREACHABLE=true, or set "
    "`deleteUnreachable` on the provider, to remove this resource from Pulumi state. Otherwise correct the provider's "
    "kubeconfig or KUBECONFIG."
)


def unreachable(action: str, target: Target, reason: str) -> str:
    """A cluster that does not answer, or that the kubeconfig does not lead to."""
    return f"{action} {target.urn}: the configured Kubernetes cluster is unreachable: {reason}. {_FORGET}"


def refused(action: str, target: Target, where: str, error: ApiError) -> str:
    """A call that the API server refused.

    Args:
        action: what was tried, such as `create`.
        target: the resource.
        where: the object's id.
        error: the refusal.
    """
    kind = target.type.rpartition(":")[2]
    said = f"cannot {action} {kind} {where} ({target.name}): the Kubernetes API server says: {error}"
    return "\n".join(filter(None, [said, _remedy(action, error)]))


def _remedy(action: str, error: ApiError) -> str:
    if error.is_missing_namespace:
        return "Create the namespace first: make it a resource that this one depends on."
    if error.code == 404:
        return "It was deleted outside Pulumi: run `pulumi refresh`, then try again." if action == "update" else ""
    if error.code == 409 and error.reason == "AlreadyExists":
        return _EXISTS
    return _REMEDIES.get(error.code, "")


_EXISTS = (
    "Import it (`pulumi import`, or the `import_` resource option), give the resource another name, or set "
    "`upsertExistingObjects` on the provider to take it over. Was the Pulumi resource only renamed? Add an alias, so "
    "that the object is not deleted under its new name."
)

_REMEDIES = {
    401: "The kubeconfig's credentials are not, or no longer, valid for this cluster.",
    403: "The kubeconfig's user lacks this permission: grant it by a Role and RoleBinding, or use another user.",
    409: (
        "Another manager owns these fields (server-side apply conflict). Leave them to it (`ignore_changes`), or take "
        'them: set the annotation pulumi.com/patchForce: "true" on the resource.'
    ),
    422: "Correct the property; one that cannot change in place takes a new resource name.",
}
