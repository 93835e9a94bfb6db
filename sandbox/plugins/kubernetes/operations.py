"""Creating, reading, changing and deleting objects on a cluster that answers."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from sandbox.plugins.kubernetes import drift, objects, ownership, problems, waiting
from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, Kind, NoSuchKindError, Object, UnreachableError
from sandbox.plugins.kubernetes.objects import ObjectId, TypeToken
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.protocol.errors import InitializationError, PluginError
from sandbox.plugins.protocol.messages import (
    Created,
    CreateRequest,
    DeleteRequest,
    Found,
    ReadRequest,
    Target,
    UpdateRequest,
)
from sandbox.plugins.protocol.values import Properties

RETRIES: Final = 5
FIRST_DELAY: Final = 0.5
"""A namespace, or a kind, that is not there yet is waited for: 5 retries, each after twice the time of the last."""

Result = TypeVar("Result")


class Operations:
    """What is done to objects of one cluster.

    Args:
        cluster: the API server.
        settings: the provider's configuration.
        cancelled: set when the run was interrupted; also what is slept on.
    """

    def __init__(self, cluster: Cluster, settings: Settings, cancelled: threading.Event) -> None:
        self._cluster = cluster
        self._settings = settings
        self._cancelled = cancelled

    def namespaced(self, obj: Mapping[str, Any]) -> bool:
        """Whether objects of this kind live in namespaces. A kind that is not there yet is taken to, as most do."""
        try:
            return self._cluster.kind(obj["apiVersion"], obj["kind"]).namespaced
        except NoSuchKindError:
            return True

    @property
    def default_namespace(self) -> str:
        """Where objects go that name no namespace."""
        return self._cluster.target.namespace

    def create(self, request: CreateRequest) -> Created:
        """Create an object and wait until it is complete, where that means something."""
        token = TypeToken.parse(request.target.type)
        manager = _manager(request.inputs, {})
        live = _refusable(
            "create", request.target, request.inputs, lambda: self._create_patiently(request.inputs, manager, token)
        )
        resource_id = str(ObjectId.of(live))
        live = self._await(request.target, request.inputs, live, manager, request.timeout)
        return Created(resource_id, objects.outputs(live, manager))

    def preview_create(self, request: CreateRequest) -> Properties:
        """What creating would give: the server's answer to a dry run, or the inputs where it cannot tell yet."""
        token = TypeToken.parse(request.target.type)
        if token.patch:
            return request.inputs
        try:
            live = self._create(request.inputs, _manager(request.inputs, {}), token, dry_run=True)
        except NoSuchKindError:
            return request.inputs
        except ApiError as error:
            # Permissions, namespaces and the object in the way may all be different by the time of the update.
            if error.code in (403, 404, 409) or error.is_immutable_field:
                return request.inputs
            raise PluginError(problems.refused("create", request.target, _where(request.inputs), error)) from error
        except UnreachableError:
            return request.inputs
        live.pop("status", None)
        return objects.outputs(live, "")

    def read(self, request: ReadRequest) -> Found | None:
        """Look an object up, with the inputs that would make it what it is."""
        known = _identified(request.target, request.outputs, request.inputs)
        where = ObjectId.parse(request.id)
        try:
            kind = self._cluster.kind(known["apiVersion"], known["kind"])
            live = self._cluster.get(kind, where.namespace or self.default_namespace, where.name)
        except NoSuchKindError:
            return None
        except ApiError as error:
            if error.code == 404:
                return None
            raise PluginError(problems.refused("read", request.target, request.id, error)) from error
        if request.is_import or not request.inputs:
            inputs = objects.imported_inputs(live)
        else:
            inputs = drift.live_inputs(request.inputs, request.outputs, live)
        outputs = objects.outputs(live, _manager(inputs, request.outputs))
        return Found(request.id, outputs, objects.concealed(inputs))

    def update(self, request: UpdateRequest) -> Properties:
        """Bring an object to its new inputs by server-side apply."""
        where = ObjectId.parse(request.id)
        old = str(request.outputs.get(objects.FIELD_MANAGER) or "")
        manager = _manager(request.news, request.outputs)

        def change() -> Object:
            return self._update(request, where, manager, old)

        live = _refusable("update", request.target, request.news, change)
        live = self._await(request.target, request.news, live, manager, request.timeout)
        return objects.outputs(live, manager)

    def preview_update(self, request: UpdateRequest) -> Properties:
        """What updating would give; the new inputs where the server cannot tell yet."""
        manager = _manager(request.news, request.outputs)
        try:
            kind = self._kind(request.news)
            where = ObjectId.parse(request.id)
            live = self._cluster.get(kind, where.namespace, where.name)
            body = ownership.without_ignored(_fitting(request.news, kind), live, manager, request.ignore_changes)
            force = self._forces(body) or ownership.has_own_updates(_managed(live))
            live = self._apply(kind, where, body, manager, force=force, dry_run=True)
        except (NoSuchKindError, UnreachableError):
            return request.news
        except ApiError as error:
            if error.code in (403, 404):
                return request.news
            raise PluginError(problems.refused("update", request.target, request.id, error)) from error
        return objects.outputs(live, manager)

    def delete(self, request: DeleteRequest) -> None:
        """Delete an object and wait until it is gone."""
        known = _identified(request.target, request.outputs, request.old_inputs)
        where = ObjectId.parse(request.id)

        def remove() -> None:
            try:
                self._delete(request, known, where)
            except NoSuchKindError:
                return  # with its definition go all objects of a kind
            except ApiError as error:
                if error.code != 404:
                    raise

        _refusable("delete", request.target, known, remove)

    def _create_patiently(self, inputs: Properties, manager: str, token: TypeToken) -> Object:
        for attempt in range(RETRIES):
            try:
                return self._create(inputs, manager, token)
            except NoSuchKindError:
                pass
            except ApiError as error:
                if not error.is_missing_namespace:
                    raise
            if self._cancelled.wait(FIRST_DELAY * 2**attempt):
                break
        return self._create(inputs, manager, token)

    def _create(self, inputs: Properties, manager: str, token: TypeToken, *, dry_run: bool = False) -> Object:
        kind = self._kind(inputs)
        body = _fitting(inputs, kind)
        where = ObjectId.of(body)
        if token.patch or self._settings.upsert:
            return self._apply(kind, where, body, manager, force=self._forces(body) or dry_run, dry_run=dry_run)
        return self._cluster.create(kind, where.namespace, body, manager, dry_run=dry_run)

    def _update(self, request: UpdateRequest, where: ObjectId, manager: str, old_manager: str) -> Object:
        kind = self._kind(request.news)
        live = self._cluster.get(kind, where.namespace, where.name)
        if not TypeToken.parse(request.target.type).patch:
            live = self._take_over(kind, where, live, manager)
        body = ownership.without_ignored(_fitting(request.news, kind), live, manager, request.ignore_changes)
        live = self._apply(kind, where, body, manager, force=self._forces(body))
        if old_manager and old_manager != manager:
            live = self._relinquish(kind, where, body, old_manager)
        return live

    def _take_over(self, kind: Kind, where: ObjectId, live: Object, manager: str) -> Object:
        managed = ownership.taken_over(_managed(live), manager)
        if managed is None:
            return live
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
            # The same version as was read: the server refuses if the object has changed meanwhile.
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]
        return self._cluster.json_patch(kind, where.namespace, where.name, patch)

    def _relinquish(self, kind: Kind, where: ObjectId, obj: Mapping[str, Any], manager: str) -> Object:
        """Give up all fields of a manager: those that nobody else owns are removed from the object."""
        identity = {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "metadata": {"name": where.name, **({"namespace": where.namespace} if kind.namespaced else {})},
        }
        return self._apply(kind, where, identity, manager, force=False)

    def _apply(
        self, kind: Kind, where: ObjectId, body: Object, manager: str, *, force: bool, dry_run: bool = False
    ) -> Object:
        return self._cluster.apply(kind, where.namespace, where.name, body, manager, force=force, dry_run=dry_run)

    def _delete(self, request: DeleteRequest, known: Mapping[str, Any], where: ObjectId) -> None:
        kind = self._kind(known)
        if TypeToken.parse(request.target.type).patch:
            self._relinquish(kind, where, known, str(request.outputs.get(objects.FIELD_MANAGER) or ""))
            return
        propagation = objects.annotation(known, objects.DELETION_PROPAGATION).capitalize() or "Foreground"
        remaining = self._cluster.delete(kind, where.namespace, where.name, propagation)
        if remaining is None or objects.is_true(known, objects.SKIP_AWAIT):
            return
        seconds = waiting.timeout_of(request.timeout, known, waiting.DELETE_TIMEOUT)
        gone = waiting.is_gone(remaining["metadata"]["uid"])
        try:
            waiting.follow(self._cluster, kind, where, gone, seconds=seconds, cancelled=self._cancelled)
        except waiting.WaitTimeoutError as error:
            raise PluginError(_still_there(request.target, request.id, seconds, error.last)) from error

    def _await(self, target: Target, inputs: Properties, live: Object, manager: str, timeout: float) -> Object:
        """Wait for a Job to complete; nothing else runs long enough here to wait for."""
        if live.get("kind") != "Job" or objects.is_true(inputs, objects.SKIP_AWAIT):
            return live
        seconds = waiting.timeout_of(timeout, inputs, waiting.CREATE_TIMEOUT)
        where = ObjectId.of(live)
        problem = ""
        try:
            kind = self._kind(live)
            finished = waiting.follow(
                self._cluster, kind, where, waiting.is_finished, seconds=seconds, cancelled=self._cancelled
            )
            live = finished or live
            verdict = waiting.job_verdict(live)
            if finished is None:
                problem = "it was deleted before it completed"
            elif verdict and not verdict[0]:
                problem = f"it failed: {verdict[1]}"
        except waiting.WaitTimeoutError as error:
            live = error.last or live
            problem = (
                f"it did not complete in {seconds:.0f} s. Allow more with `custom_timeouts`, or do not wait: set the "
                f'annotation {objects.SKIP_AWAIT}: "true"'
            )
        except (ApiError, UnreachableError) as error:
            problem = f"it cannot be watched: {error}"
        if problem:
            raise InitializationError(
                f"Job {where} ({target.name}) exists, but {problem}",
                resource_id=str(where),
                outputs=objects.outputs(live, manager),
                inputs=inputs,
            )
        return live

    def _kind(self, obj: Mapping[str, Any]) -> Kind:
        return self._cluster.kind(obj["apiVersion"], obj["kind"])

    def _forces(self, inputs: Mapping[str, Any]) -> bool:
        return objects.is_true(inputs, objects.PATCH_FORCE) or self._settings.patch_force


def _refusable(action: str, target: Target, obj: Mapping[str, Any], work: Callable[[], Result]) -> Result:
    """Do something to an object; a refusal becomes an error that names the resource and the remedy."""
    try:
        return work()
    except ApiError as error:
        raise PluginError(problems.refused(action, target, _where(obj), error)) from error
    except NoSuchKindError as error:
        raise PluginError(
            f"cannot {action} {_where(obj)} ({target.name}): {error}. Is its CustomResourceDefinition installed?"
        ) from error
    except UnreachableError as error:
        raise PluginError(problems.unreachable(f"cannot {action}", target, str(error))) from error


def _identified(target: Target, *candidates: Mapping[str, Any]) -> Properties:
    """The first that says what kind of object it is; the resource type's own word when none does."""
    token = TypeToken.parse(target.type)
    for candidate in candidates:
        if candidate.get("apiVersion") and candidate.get("kind"):
            return dict(candidate)
    return {"apiVersion": token.api_version, "kind": token.kind}


def _fitting(inputs: Properties, kind: Kind) -> Object:
    """The object to send: with no namespace where its kind has none (a kind not known at the check was taken to)."""
    metadata = dict(inputs.get("metadata") or {})
    if not kind.namespaced:
        metadata.pop("namespace", None)
    return {**inputs, "metadata": metadata}


def _manager(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """Who owns the object's fields: as the annotation says, as the state remembers, or a new name."""
    given = objects.annotation(inputs, objects.PATCH_FIELD_MANAGER) or outputs.get(objects.FIELD_MANAGER)
    return str(given or f"pulumi-kubernetes-{secrets.token_hex(4)}")


def _managed(live: Object) -> list[Object]:
    return live["metadata"].get("managedFields") or []


def _where(obj: Mapping[str, Any]) -> str:
    return str(ObjectId.of(obj))


def _still_there(target: Target, resource_id: str, seconds: float, last: Object | None) -> str:
    metadata = (last or {}).get("metadata") or {}
    said = [
        condition["message"]
        for condition in ((last or {}).get("status") or {}).get("conditions") or []
        if condition.get("status") == "True" and condition.get("message")
    ]
    finalizers = metadata.get("finalizers") or ((last or {}).get("spec") or {}).get("finalizers") or []
    held = f" Finalizers that hold it: {', '.join(finalizers)}." if finalizers else ""
    more = " " + " ".join(said) if said else ""
    return (
        f"{resource_id} ({target.name}) was told to go, but is still there after {seconds:.0f} s.{held}{more} "
        "Allow more time with `custom_timeouts`, or see what holds it."
    )
