"""Default and ignored tags, and tags in the form of the AWS APIs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Tags: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class TagRules:
    """What the provider's `defaultTags` and `ignoreTags` say.

    Attributes:
        defaults: Tags of every resource; a resource's own tag of the same key wins.
        ignored_keys: Keys that others manage.
        ignored_prefixes: Beginnings of such keys.
    """

    defaults: Mapping[str, str] = field(default_factory=dict)
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: Sequence[str] = ()

    def all_of(self, tags: Mapping[str, str]) -> Tags:
        """Return the tags that a resource with its own `tags` gets: its `tagsAll`."""
        return self.visible({**self.defaults, **tags})

    def visible(self, tags: Mapping[str, str]) -> Tags:
        """Drop ignored tags and those of AWS itself."""
        prefixes = ("aws:", *self.ignored_prefixes)
        return {
            key: value
            for key, value in sorted(tags.items())
            if key not in self.ignored_keys and not key.startswith(prefixes)
        }

    def own_of(self, tags_all: Mapping[str, str], configured: Mapping[str, str]) -> Tags:
        """Return a resource's own tags: what is no default tag, or is `configured` on the resource all the same."""
        return {key: value for key, value in tags_all.items() if key in configured or self.defaults.get(key) != value}


def from_list(tags: Sequence[Mapping[str, str]] | None) -> Tags:
    """Read the list of `Key` and `Value` that IAM and ECR use."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def to_list(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write the list of `Key` and `Value` that IAM and ECR use."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
