"""Bodies of the registry-credential calls: how they bind and which bean rules they obey (NVCF contract 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.nvcf import binding, validation
from sandbox.nvcf.artifact_types import ARTIFACT_TYPES, ArtifactType
from sandbox.nvcf.problems import unreadable
from sandbox.nvcf.validation import Violation


@dataclass(frozen=True)
class SentSecret:
    """The `secret` object. Its rules are declared but not run by the server: only null and absence are refused.

    Attributes:
        value: Any JSON value; the service, not the binding, wants text.
    """

    name: str
    value: object = field(repr=False)

    @classmethod
    def from_json(cls, value: object) -> SentSecret | None:
        """Binds the object; a null `value` binds, an absent one does not."""
        if value is None:
            return None
        document = binding.as_object(value)
        name = binding.as_optional_text(document.get("name"))
        if name is None or "value" not in document:
            raise unreadable()
        return cls(name, document["value"])


@dataclass(frozen=True)
class AddCredential:
    """Body of POST, and each entry of an account's `registryCredentials`."""

    hostname: str | None
    secret: SentSecret | None
    types: tuple[ArtifactType | None, ...] | None
    tags: tuple[str | None, ...] | None
    description: str | None

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> AddCredential:
        """Binds the body; unknown fields are ignored."""
        return cls(
            hostname=binding.as_optional_text(document.get("registryHostname")),
            secret=SentSecret.from_json(document.get("secret")),
            types=binding.as_enum_set(document.get("artifactTypes"), ARTIFACT_TYPES),
            tags=binding.as_text_set(document.get("tags")),
            description=binding.as_optional_text(document.get("description")),
        )

    def violations(self) -> Iterable[Violation]:
        """Every bean rule the body breaks."""
        yield from validation.hostname("registryHostname", self.hostname)
        yield from validation.present("secret", self.secret)
        yield from validation.not_empty("artifactTypes", self.types)
        yield from validation.tags("tags", self.tags)
        yield from validation.description("description", self.description)

    def checked(self) -> NewCredential:
        """The body without its optionality, once no rule is broken."""
        if self.hostname is None or self.secret is None or self.types is None:
            raise unreadable()
        return NewCredential(self.hostname, self.secret, self.types, self.tags, self.description)


@dataclass(frozen=True)
class NewCredential:
    """A credential to make, bean rules passed. Null elements in `types` and `tags` have not been refused yet."""

    hostname: str
    secret: SentSecret
    types: tuple[ArtifactType | None, ...]
    tags: tuple[str | None, ...] | None
    description: str | None


def read_add(body: bytes) -> NewCredential:
    """Binds and validates the body of POST; 400 when either fails."""
    request = AddCredential.from_json(binding.parse_object(body))
    validation.check("addRegistryCredentialRequest", request.violations())
    return request.checked()


@dataclass(frozen=True)
class CredentialUpdate:
    """Body of PATCH. The types' field is `artifactTypeEnums` here; `artifactTypes` is unknown and so ignored."""

    secret: SentSecret | None
    added_types: tuple[ArtifactType | None, ...]


def read_update(body: bytes) -> CredentialUpdate:
    """Binds the body of PATCH, which has no bean rules."""
    document = binding.parse_object(body)
    return CredentialUpdate(
        SentSecret.from_json(document.get("secret")),
        binding.as_enum_set(document.get("artifactTypeEnums"), ARTIFACT_TYPES) or (),
    )
