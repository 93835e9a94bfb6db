"""Reading a stack's configuration as far as it can be understood, and noting what cannot."""

import difflib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from nvcf.connection import NAMESPACE
from settings.models import (
    AdoptSettings,
    CatalogSettings,
    ClusterSettings,
    NvcfSettings,
    PullSecretSettings,
    RegistrySettings,
    RepositorySettings,
    Settings,
)
from settings.problem import Problem


def read(config: Mapping[str, str]) -> tuple[Settings, tuple[Problem, ...]]:
    """Read a stack's configuration as far as it can be understood.

    Args:
        config: every configuration key of the stack with its namespace; structured values as JSON text.

    Returns:
        The settings without the values that could not be understood, and a problem for each of those.
    """
    known = {str(field.alias) for field in Settings.model_fields.values()}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for full_key, text in sorted(config.items()):
        namespace, _, key = full_key.partition(":")
        if namespace != NAMESPACE:
            continue
        if key not in known:
            problems.append(Problem(full_key, _unknown_key(key, known)))
            continue
        values[key] = text if key in ("nvcfToken", "permissionsBoundary") else _structure(full_key, text, problems)
    # Pulumi.yaml gives a key that is not set an empty default, since Pulumi asks for one where there is none.
    values = {key: value for key, value in values.items() if value not in (None, "", {})}
    while True:
        try:
            return Settings.model_validate(values), tuple(problems)
        except ValidationError as error:
            # Each mistake is noted and taken out, so that the rest can be read and checked as well.
            wrong = [
                (_in_config(detail["loc"], values), detail)
                for detail in error.errors(include_url=False, include_input=False)
            ]
            problems.extend(Problem(_path(location), _explain(location, detail)) for location, detail in wrong)
            # From the end, so that what leaves a list does not move what is still to leave it.
            for location in sorted({location for location, _ in wrong}, key=_position, reverse=True):
                _remove(values, location)


def _structure(path: str, text: str, problems: list[Problem]) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        problems.append(
            Problem(
                path,
                "this must be a structured value, not plain text; set parts of it with `pulumi config set --path`",
            )
        )
        return None


def _in_config(location: Sequence[int | str], values: object) -> tuple[int | str, ...]:
    """Return the part of a pydantic location that exists in the configuration; the rest names pydantic's own steps."""
    found: list[int | str] = []
    for step in location:
        if isinstance(values, dict) and isinstance(step, str):
            found.append(step)
            if step not in values:
                break
            values = values[step]
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            found.append(step)
            values = values[step]
        else:
            break
    return tuple(found)


def _path(location: Iterable[int | str]) -> str:
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return f"{NAMESPACE}:{text}"


def _position(location: Sequence[int | str]) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in location]


def _remove(values: Any, location: Sequence[int | str]) -> None:
    if not location:
        values.clear()
        return
    for step in location[:-1]:
        values = values[step]
    last = location[-1]
    if isinstance(values, list) and location[-2] in ("registries", "pullSecrets", "repositories"):
        # Emptied, not taken out: the entries behind it must keep their places for the paths of later problems.
        values[int(last)] = {}
    else:
        values.pop(last)


def _explain(location: Sequence[int | str], detail: Any) -> str:
    kind, message = str(detail["type"]), str(detail["msg"])
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), _known_below(location))
    if kind == "literal_error":
        return f"must be one of {detail['ctx']['expected']}"
    wanted = {
        "string": "text",
        "int": "a whole number",
        "bool": "true or false",
        "tuple": "a list",
        "dict": "a map of keys and values",
        "model": "a map of keys and values",
    }
    first, _, rest = kind.partition("_")
    if rest in ("type", "parsing", "attributes_type") and first in wanted:
        return f"must be {wanted[first]}"
    return message[:1].lower() + message[1:]


def _known_below(location: Sequence[int | str]) -> Collection[str]:
    """Return the keys that are known where ``location`` is not."""
    sections: dict[str, type[BaseModel]] = {
        "nvcf": NvcfSettings,
        "registries": RegistrySettings,
        "adopt": AdoptSettings,
        "repositories": RepositorySettings,
        "catalog": CatalogSettings,
        "pullSecrets": PullSecretSettings,
        "cluster": ClusterSettings,
    }
    names = [step for step in location[:-1] if isinstance(step, str)]
    return {str(field.alias) for field in sections[names[-1]].model_fields.values()}


def _unknown_key(key: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(known))}"
    return f"there is no such key; {hint}"
