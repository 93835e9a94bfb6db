"""Body of function creation: binding and bean rules (observations 2 section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.nvcf import binding, java_text, validation
from sandbox.nvcf.artifact_references import is_ngc_files_uri
from sandbox.nvcf.problems import bad_request, unreadable
from sandbox.nvcf.registries import is_ngc_host
from sandbox.nvcf.validation import Violation

_MODEL_ONLY_ARGS = (
    "tritonserver --model-repository /config/models --model-control-mode none --allow-metrics 1 "
    "--allow-gpu-metrics 1 --allow-cpu-metrics 1 --metrics-interval-ms 500 --strict-readiness 1 "
    "--log-error 1 --log-warning 1 --log-info 1"
)
_BAD_FILES_URI = (
    "Invalid request: Specified URI '{uri}' does not match NGC Model or Resource Registry\n"
    "files path format -\n"
    "https://api(.stg|canary).ngc.nvidia.com/v2/org/:org-name(/team/:team-name)?/"
    '{{models|resources}}/:name/:version-id/files"\n'
)


@dataclass(frozen=True)
class NgcFiles:
    """A model or resource: name, version and where its files are."""

    name: str | None
    version: str | None
    uri: str

    @classmethod
    def from_json(cls, value: object) -> NgcFiles:
        """Binds one entry and checks the form of its URI."""
        document = binding.as_object(value)
        uri = binding.as_optional_uri(document.get("uri"))
        version = binding.as_optional_text(document.get("version"))
        if uri is None or version is None:
            raise bad_request("Invalid request: non-LLM function models must specify both 'version' and 'uri'")
        parsed = java_text.parse_uri(uri)
        if parsed is not None and is_ngc_host(parsed.host or "") and not is_ngc_files_uri(uri):
            raise bad_request(_BAD_FILES_URI.format(uri=uri))
        return cls(binding.as_optional_text(document.get("name")), version, uri)

    def as_json(self) -> dict[str, object]:
        """The entry as the API shows it."""
        return {"name": self.name, "version": self.version, "uri": self.uri}


@dataclass(frozen=True)
class NewFunction:
    """A function version to make: what the emulator looks at, the rest is kept as sent."""

    name: str
    inference_url: str | None
    inference_port: int | None
    container_image: str | None
    container_args: str | None
    helm_chart: str | None
    helm_service: str | None
    models: tuple[NgcFiles, ...] = ()
    resources: tuple[NgcFiles, ...] = ()
    tags: tuple[str | None, ...] | None = None
    description: str | None = None
    health_uri: str | None = None
    function_type: str = "DEFAULT"
    body_format: str = "CUSTOM"
    health: Mapping[str, Any] | None = field(default=None)

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> NewFunction:
        """Binds the body and applies the rules between fields, which come before the bean rules."""
        if "name" in document and document["name"] is None:
            raise unreadable()
        models = document.get("models")
        resources = document.get("resources")
        health = document.get("health")
        request = cls(
            name=binding.as_optional_text(document.get("name")) or "",
            inference_url=binding.as_optional_uri(document.get("inferenceUrl")),
            inference_port=binding.as_optional_integer(document.get("inferencePort")),
            container_image=binding.as_optional_uri(document.get("containerImage")),
            container_args=binding.as_optional_text(document.get("containerArgs")),
            helm_chart=binding.as_optional_uri(document.get("helmChart")),
            helm_service=binding.as_optional_text(document.get("helmChartServiceName")),
            models=() if models is None else tuple(map(NgcFiles.from_json, binding.as_list(models))),
            resources=() if resources is None else tuple(map(NgcFiles.from_json, binding.as_list(resources))),
            tags=binding.as_text_set(document.get("tags")),
            description=binding.as_optional_text(document.get("description")),
            health_uri=binding.as_optional_uri(document.get("healthUri")),
            function_type=binding.as_optional_text(document.get("functionType")) or "DEFAULT",
            body_format=binding.as_optional_text(document.get("apiBodyFormat")) or "CUSTOM",
            health=None if health is None else binding.as_object(health),
        )
        request.check_fields_agree(has_environment=document.get("containerEnvironment") is not None)
        return request

    def check_fields_agree(self, *, has_environment: bool) -> None:
        """Rules between fields; 400 at the first one broken."""
        if java_text.is_blank(self.name):
            raise bad_request("Invalid request: 'name' cannot be empty/null in the create function payload")
        if self.container_image is None and not self.models and self.helm_chart is None:
            raise bad_request(
                "Invalid request: One of the following properties 'containerImage', 'models', or 'helmChart' "
                "must be specified in the payload"
            )
        exclusive = {
            "containerImage": self.container_image is not None,
            "containerArgs": not java_text.is_blank(self.container_args or ""),
            "containerEnvironment": has_environment,
        }
        for name, is_given in exclusive.items():
            if self.helm_chart is not None and is_given:
                raise bad_request(
                    f"Invalid request: Cannot specify both '{name}' and 'helmChart' properties in the payload"
                )
        if (self.helm_chart is None) is not java_text.is_blank(self.helm_service or ""):
            raise bad_request(
                "Invalid request: Either both or none of 'helmChart' and 'helmChartServiceName' properties "
                "must be specified"
            )
        names = [m.name for m in self.models]
        if len(set(names)) != len(names):
            raise bad_request("Invalid request: duplicate model names are not allowed in 'models'")

    def violations(self) -> Iterable[Violation]:
        """Every bean rule the body breaks."""
        yield from validation.function_name("name", self.name)
        yield from validation.present("inferenceUrl", self.inference_url)
        yield from validation.tags("tags", self.tags)
        yield from validation.description("description", self.description)

    def as_json(self) -> dict[str, object]:
        """The function's own members in an answer; absent ones are left out."""
        args = self.container_args
        if self.models and self.container_image is None and self.helm_chart is None:
            args = args or _MODEL_ONLY_ARGS
        health_uri = self.health_uri or "/v2/health/ready"
        fields: dict[str, object | None] = {
            "name": self.name,
            "inferenceUrl": self.inference_url,
            "inferencePort": self.inference_port,
            "containerArgs": args,
            "models": [m.as_json() for m in self.models] or None,
            "containerImage": self.container_image,
            "apiBodyFormat": self.body_format,
            "helmChart": self.helm_chart,
            "helmChartServiceName": self.helm_service,
            "healthUri": health_uri,
            "resources": [r.as_json() for r in self.resources] or None,
            "tags": sorted(t for t in self.tags if t is not None) if self.tags else None,
            "description": self.description or self.name,
            "health": {
                "protocol": "HTTP",
                "uri": health_uri,
                "port": self.inference_port or 8000,
                "timeout": "PT10S",
                "expectedStatusCode": 200,
            },
            "functionType": self.function_type,
        }
        return {name: value for name, value in fields.items() if value is not None}


def read_new_function(body: bytes) -> NewFunction:
    """Binds and validates the body of function creation; 400 when either fails."""
    request = NewFunction.from_json(binding.parse_object(body))
    validation.check("createFunctionRequest", request.violations())
    return request


def read_deployment(body: bytes) -> list[object]:
    """The `deploymentSpecifications` of a deployment request; 400 when there are none."""
    sent = binding.parse_object(body).get("deploymentSpecifications")
    specifications = None if sent is None else binding.as_list(sent)
    validation.check("functionDeploymentRequest", validation.not_empty("deploymentSpecifications", specifications))
    return [binding.as_plain(s) for s in specifications or []]
