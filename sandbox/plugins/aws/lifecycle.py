"""Check, diff, create, read, update and delete: what is the same for every kind of resource.

The rules are those of the Terraform bridge that the official plugin is built on: the state's outputs are compared with
the checked inputs; defaults are written into the inputs and remembered under `__defaults`; tags of resource and
provider together are the input `tagsAll`.
"""

from collections.abc import Sequence
from typing import Final

from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.consistency import until_visible
from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.fields import Field, is_empty, only_known
from sandbox.plugins.aws.kind import Aws, Kind
from sandbox.plugins.aws.naming import NameRequiredError, autoname
from sandbox.plugins.protocol.diffs import root
from sandbox.plugins.protocol.errors import InitializationError, PluginError
from sandbox.plugins.protocol.messages import (
    Change,
    Checked,
    CheckFailure,
    CheckRequest,
    Created,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Found,
    ReadRequest,
    UpdateRequest,
)
from sandbox.plugins.protocol.values import UNKNOWN, Properties, Secret, Value, has_unknown

_DEFAULTS: Final = "__defaults"
_TAGS_ALL: Final = Field("tagsAll", "object")


class Lifecycle:
    """The six calls for any kind of resource, under one configuration."""

    def __init__(self, configuration: Configuration | None, connections: Connections | None) -> None:
        """Take the provider's configuration; both None while, in a preview, it is not known yet."""
        self._configuration = configuration
        self._connections = connections

    def check(self, kind: Kind, request: CheckRequest) -> Checked:
        """Validate the inputs and fill in defaults, a made-up name, the region and `tagsAll`."""
        news = only_known({name: value for name, value in request.news.items() if name != _DEFAULTS})
        inputs, defaulted, failures = dict(news), [], []
        for field in kind.inputs():
            if field.name in inputs:
                continue
            if field.name == "name" and kind.name_rule and "namePrefix" not in inputs:
                try:
                    inputs["name"] = self._name(kind, request)
                except NameRequiredError as error:
                    failures.append(CheckFailure("name", str(error)))
                    continue
                defaulted.append("name")
            elif field.default is not None:
                inputs[field.name] = field.default
                defaulted.append(field.name)
        if kind.regional and "region" not in inputs and (region := self._region()):
            inputs["region"] = region
        if kind.tagged:
            inputs["tagsAll"] = self._tags_all(inputs.get("tags"))
        failures += _complaints(kind, news, inputs)
        return Checked({**inputs, _DEFAULTS: sorted(defaulted)}, failures)

    def diff(self, kind: Kind, request: DiffRequest) -> Diff:
        """Compare the state's outputs with the inputs."""
        changes = [
            change
            for change in _changes(kind, request.outputs, request.news, request.old_inputs)
            if not _ignored(change.path, request.ignore_changes)
        ]
        replaced = {root(change.path) for change in changes if change.replace}
        return Diff(
            changes=changes,
            delete_before_replace=bool(replaced) and _clashes(kind, request),
            stables=[field.name for field in kind.inputs() if field.replaces and field.name not in replaced],
        )

    def create(self, kind: Kind, request: CreateRequest) -> Created:
        """Create the resource and read it back, waiting until AWS shows it."""
        inputs = _given(request.inputs)
        if request.preview:
            unknown = {field.name: UNKNOWN for field in kind.fields if field.computed or field.keeps}
            return Created("", _sealed(kind, {"id": UNKNOWN, **unknown, **inputs}))
        aws = self._aws(kind, inputs)
        made = kind.create(aws, inputs)
        known = {**inputs, **made.outputs, "id": made.id}
        try:
            kind.finish(aws, made, inputs)
            outputs = self._await(kind, aws, made.id, known)
        except PluginError as error:
            raise InitializationError(
                str(error), resource_id=made.id, outputs=_sealed(kind, known), inputs=request.inputs
            ) from error
        return Created(made.id, _sealed(kind, outputs))

    def read(self, kind: Kind, request: ReadRequest) -> Found | None:
        """Look the resource up, for a refresh or an import."""
        resource_id, where = request.id, request.outputs or request.inputs
        if request.is_import and kind.regional and "@" in resource_id:
            # Where pulumi-aws 7 takes the region of an import: `<id>@<region>`.
            resource_id, _, region = resource_id.rpartition("@")
            where = {"region": region}
        aws = self._aws(kind, where)
        outputs = self._look(kind, aws, resource_id, request.outputs)
        if outputs is None:
            return None
        inputs = _imported(kind, outputs) if request.is_import else _refreshed(kind, request.inputs, outputs)
        return Found(str(outputs["id"]), _sealed(kind, outputs), inputs)

    def update(self, kind: Kind, request: UpdateRequest) -> Properties:
        """Update the resource in place and read it back."""
        news, state = _given(request.news), request.outputs
        if request.preview:
            return _sealed(kind, _planned(kind, state, news))
        aws = self._aws(kind, state)
        changed = frozenset(root(change.path) for change in _changes(kind, state, request.news, request.old_inputs))
        known = _planned(kind, state, news)
        try:
            kind.update(aws, request.id, state, news, changed - {"tags", "tagsAll"})
            if kind.tagged:
                _retag(kind, aws, state, news)
            outputs = self._look(kind, aws, request.id, known)
            if outputs is None:
                raise PluginError(f"reading {kind.label} ({request.id}): it is gone; run pulumi refresh")
        except AwsError as error:
            raise self._half_updated(kind, aws, request, error) from error
        return _sealed(kind, outputs)

    def delete(self, kind: Kind, request: DeleteRequest) -> None:
        """Delete the resource."""
        kind.delete(self._aws(kind, request.outputs), request.id, request.outputs)

    def _half_updated(self, kind: Kind, aws: Aws, request: UpdateRequest, error: AwsError) -> PluginError:
        """Return the error to raise: one that keeps the steps that did succeed in state, if any did."""
        known = _planned(kind, request.outputs, _given(request.news))
        for candidate in (known, request.outputs):
            try:
                live = self._look(kind, aws, request.id, candidate)
            except AwsError:
                return error
            if live is not None and live != request.outputs:
                return InitializationError(
                    str(error), resource_id=request.id, outputs=_sealed(kind, live), inputs=request.news
                )
        return error

    def _look(self, kind: Kind, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Read a resource, and sort its tags into own and default ones."""
        outputs = kind.read(aws, resource_id, known)
        if outputs is None:
            return None
        if kind.regional:
            outputs["region"] = aws.region
        if kind.tagged:
            rules = self._known_configuration().tags
            tags_all = rules.visible(outputs["tagsAll"])
            outputs["tagsAll"] = tags_all
            outputs["tags"] = rules.own_of(tags_all, known.get("tags") or {}) or None
        return only_known(outputs)

    def _await(self, kind: Kind, aws: Aws, resource_id: str, known: Properties) -> Properties:
        """Read a new resource, waiting until AWS shows it."""
        outputs = until_visible(lambda: self._look(kind, aws, resource_id, known))
        if outputs is None:
            raise PluginError(f"reading {kind.label} ({resource_id}): created, but AWS does not show it")
        return outputs

    def _name(self, kind: Kind, request: CheckRequest) -> str:
        if "name" in (request.olds.get(_DEFAULTS) or ()) and "name" in request.olds:
            return str(request.olds["name"])
        assert kind.name_rule is not None
        return autoname(kind.name_rule, request)

    def _region(self) -> Value:
        return self._connections.region if self._connections else UNKNOWN

    def _tags_all(self, tags: Value) -> Value:
        if self._configuration is None or has_unknown(tags):
            return UNKNOWN
        return self._configuration.tags.all_of(tags or {})

    def _aws(self, kind: Kind, properties: Properties) -> Aws:
        if self._connections is None:
            raise PluginError(f"{kind.label}: the aws provider is not configured, as a value it needs is not known yet")
        region = properties.get("region") if kind.regional else None
        return Aws(self._connections, region or self._connections.region)

    def _known_configuration(self) -> Configuration:
        return self._configuration or Configuration()


def _given(inputs: Properties) -> Properties:
    return {name: value for name, value in inputs.items() if name != _DEFAULTS}


def _complaints(kind: Kind, news: Properties, inputs: Properties) -> list[CheckFailure]:
    fields = {field.name: field for field in kind.inputs()}
    found = [
        CheckFailure(name, f"{name} is not an argument of {kind.token} that this plugin stand-in carries")
        for name in news
        if name not in fields and not name.startswith("__")
    ]
    for name, field in fields.items():
        if name not in inputs:
            if field.required:
                found.append(CheckFailure(name, f"missing required argument {name}"))
        elif reason := field.complaint(inputs[name]):
            found.append(CheckFailure(name, reason))
    return found


def _changes(kind: Kind, state: Properties, news: Properties, old_inputs: Properties) -> list[Change]:
    fields = (*kind.inputs(), _TAGS_ALL) if kind.tagged else kind.inputs()
    return [
        Change(change.path, change.kind, change.replace, of_inputs=old_inputs.get(field.name) != news.get(field.name))
        for field in fields
        for change in field.changes(state.get(field.name), news.get(field.name))
    ]


def _ignored(path: str, patterns: Sequence[str]) -> bool:
    return any(path == pattern or path.startswith((f"{pattern}.", f"{pattern}[")) for pattern in patterns)


def _clashes(kind: Kind, request: DiffRequest) -> bool:
    """Tell whether the replacement cannot be made while the old resource is there.

    With a name from the program that stays the same, it cannot; a name that was made up is made up anew.
    """
    if kind.delete_before_replace:
        return True
    if kind.name_rule is None or "name" in (request.news.get(_DEFAULTS) or ()):
        return False
    name = request.news.get("name")
    return name is not None and name == request.outputs.get("name")


def _planned(kind: Kind, state: Properties, news: Properties) -> Properties:
    """Foretell the outputs of an update: what the program gives as it gives it, all else as it was."""
    kept = {field.name for field in kind.fields if field.computed or field.keeps} | {"id"}
    return {**{name: value for name, value in state.items() if name in kept}, **news}


def _sealed(kind: Kind, outputs: Properties) -> Properties:
    """Make secret what is secret by its nature."""
    secret = {field.name for field in kind.fields if field.secret}
    return {name: Secret(value) if name in secret and value is not None else value for name, value in outputs.items()}


def _imported(kind: Kind, outputs: Properties) -> Properties:
    """Choose the inputs that would make a resource as it is: what is set and is no default."""
    chosen: Properties = {_DEFAULTS: []}
    for field in kind.inputs():
        value = outputs.get(field.name)
        if field.required or not (is_empty(value) or value == field.default):
            chosen[field.name] = value
    return only_known(chosen)


def _refreshed(kind: Kind, inputs: Properties, outputs: Properties) -> Properties:
    """Bring the inputs that were given up to date with what is there; what means the same keeps its form."""
    result = dict(inputs)
    for field in (*kind.inputs(), _TAGS_ALL):
        if field.name in inputs and field.changes(outputs.get(field.name), inputs[field.name]):
            result[field.name] = outputs.get(field.name)
    return only_known(result)


def _retag(kind: Kind, aws: Aws, state: Properties, news: Properties) -> None:
    old, new = state.get("tagsAll") or {}, news.get("tagsAll") or {}
    removed = sorted(old.keys() - new.keys())
    added = {key: value for key, value in new.items() if old.get(key) != value}
    if removed:
        kind.untag(aws, {**state, **news}, removed)
    if added:
        kind.tag(aws, {**state, **news}, added)
