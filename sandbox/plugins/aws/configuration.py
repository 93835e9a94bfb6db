"""The provider's own configuration: `aws.Provider(…)` or the stack's `aws:` keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.plugins.aws.tags import TagRules
from sandbox.plugins.protocol.messages import CheckFailure
from sandbox.plugins.protocol.values import UNKNOWN, Properties, Value, from_json, has_unknown

# What the stand-in acts upon, by the JSON type its value must have.
_STRINGS: Final = ("region", "accessKey", "secretKey", "token", "profile", "customCaBundle", "retryMode", "stsRegion")
_BOOLEANS: Final = ("skipCredentialsValidation", "skipMetadataApiCheck")
_OBJECTS: Final = ("defaultTags", "ignoreTags")
_LISTS: Final = ("endpoints", "allowedAccountIds", "forbiddenAccountIds")
_NUMBERS: Final = ("maxRetries",)
# What makes no difference to the services carried here, and is accepted for the program's sake.
_WITHOUT_EFFECT: Final = frozenset(
    {
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "pluginDownloadURL",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "tokenBucketRateLimiterCapacity",
        "userAgents",
        "version",
    }
)
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(_STRINGS, str),
    **dict.fromkeys(_BOOLEANS, bool),
    **dict.fromkeys(_OBJECTS, dict),
    **dict.fromkeys(_LISTS, list),
    **dict.fromkeys(_NUMBERS, int),
}


@dataclass(frozen=True)
class Configuration:
    """A configuration that has been read.

    Attributes:
        region: The default region; None to let the SDK find one.
        access_key: An access key id.
        secret_key: Its secret.
        token: A session token that belongs to them.
        profile: A profile of the shared configuration.
        endpoints: Service URL by service name, as the `endpoints` argument spells it (`iam`, `ecrpublic`).
        tags: Default and ignored tags.
        allowed_accounts: If not empty, the only accounts to work in.
        forbidden_accounts: Accounts not to work in.
        max_retries: How often a throttled or failed call is repeated.
        retry_mode: `standard` or `adaptive`, as in the SDK.
        ca_bundle: File of certificates to trust.
        sts_region: Region of the STS calls, if another.
        validate_credentials: Whether to ask STS, before anything else, whom the credentials belong to.
        instance_metadata: Whether an EC2 instance's role may provide credentials.
    """

    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    profile: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    tags: TagRules = field(default_factory=TagRules)
    allowed_accounts: Sequence[str] = ()
    forbidden_accounts: Sequence[str] = ()
    max_retries: int = 25
    retry_mode: str = "standard"
    ca_bundle: str | None = None
    sts_region: str | None = None
    validate_credentials: bool = True
    instance_metadata: bool = False


def with_defaults(inputs: Properties, environment: Mapping[str, str]) -> Properties:
    """Fill in the region from AWS_REGION or AWS_DEFAULT_REGION, as the official plugin does."""
    region = inputs.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return {**inputs, "region": region} if region else dict(inputs)


def failures(inputs: Properties) -> list[CheckFailure]:
    """List what is wrong with a configuration; unknown values are not judged."""
    found = []
    for name, raw in inputs.items():
        if name.startswith("__") or name in _WITHOUT_EFFECT or raw in (None, "", "false", "[]", "{}", False):
            continue
        if name not in _TYPES:
            found.append(
                CheckFailure(
                    name, f"{name} is not carried by this plugin stand-in: leave it out, or use the official aws plugin"
                )
            )
            continue
        reason = _mistyped(name, raw)
        if reason:
            found.append(CheckFailure(name, reason))
    if bool(inputs.get("accessKey")) != bool(inputs.get("secretKey")):
        found.append(CheckFailure("accessKey", "accessKey and secretKey belong together: give both or neither"))
    return found


def read(inputs: Properties) -> Configuration | None:
    """Read a checked configuration; None when the value of something it needs is not known yet."""
    values = {name: _parsed(name, raw) for name, raw in inputs.items() if name in _TYPES and raw is not None}
    if has_unknown(values):
        return None
    defaults, ignored = values.get("defaultTags") or {}, values.get("ignoreTags") or {}
    return Configuration(
        region=values.get("region") or None,
        access_key=values.get("accessKey") or None,
        secret_key=values.get("secretKey") or None,
        token=values.get("token") or None,
        profile=values.get("profile") or None,
        endpoints={name: url for endpoint in values.get("endpoints") or [] for name, url in endpoint.items() if url},
        tags=TagRules(
            defaults=defaults.get("tags") or {},
            ignored_keys=frozenset(ignored.get("keys") or ()),
            ignored_prefixes=tuple(ignored.get("keyPrefixes") or ()),
        ),
        allowed_accounts=tuple(values.get("allowedAccountIds") or ()),
        forbidden_accounts=tuple(values.get("forbiddenAccountIds") or ()),
        max_retries=values.get("maxRetries", Configuration.max_retries),
        retry_mode=values.get("retryMode") or Configuration.retry_mode,
        ca_bundle=values.get("customCaBundle") or None,
        sts_region=values.get("stsRegion") or None,
        validate_credentials=not values.get("skipCredentialsValidation", False),
        instance_metadata=not values.get("skipMetadataApiCheck", True),
    )


def _parsed(name: str, raw: Value) -> Value:
    """Decode what the SDK sends as JSON text; strings are sent as they are."""
    if raw is UNKNOWN or name in _STRINGS or not isinstance(raw, str):
        return raw
    return from_json(raw)


def _mistyped(name: str, raw: Value) -> str | None:
    try:
        value = _parsed(name, raw)
    except ValueError:
        return f"{name} is no JSON text"
    if value is UNKNOWN or isinstance(value, _TYPES[name]):
        return None
    return f"{name} has the wrong type, {type(value).__name__}"
