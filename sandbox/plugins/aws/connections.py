"""Clients of AWS services, one for each service and region."""

import os
import threading
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.consistency import while_unsettled
from sandbox.plugins.aws.errors import CALL_ERRORS, AwsError, explain
from sandbox.plugins.protocol.errors import PluginError

# As many as the gRPC server has workers, so that no call waits for a connection.
_POOL = 64
_CONNECT_SECONDS = 10
# Tests that let a call go unanswered do not want to wait so long.
_READ_SECONDS = float(os.environ.get("SANDBOX_AWS_READ_SECONDS", "60"))
# The provider's maxRetries is 25 by default, which is minutes; here the other side is on the same machine.
_MOST_ATTEMPTS = 6
# The provider's `endpoints` argument writes service names without hyphens.
_ENDPOINT_NAMES = {"ecr-public": "ecrpublic"}


class Api:
    """One AWS service in one region."""

    def __init__(self, client: Any) -> None:
        """Call through an SDK client."""
        self._client = client
        self._service = str(client.meta.service_model.service_id)

    def call(self, doing: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, again where that helps.

        Args:
            doing: The deed and the resource for an error's text, such as `creating IAM User (puller)`.
            operation: The SDK's method, such as `create_user`.
            arguments: Its arguments; those that are None are left out.

        Raises:
            AwsError: AWS refused, or could not be reached.
        """
        given = {name: value for name, value in arguments.items() if value is not None}

        def attempt() -> dict[str, Any]:
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**given)
            except CALL_ERRORS as error:
                raise explain(doing, self._service, self._name(operation), error) from None
            return answer

        return while_unsettled(attempt)

    def pages(self, doing: str, operation: str, items: str, **arguments: Any) -> list[Any]:
        """Call a listing operation and return the `items` of all pages.

        Raises:
            AwsError: AWS refused, or could not be reached.
        """
        try:
            pages = self._client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page[items]]
        except CALL_ERRORS as error:
            raise explain(doing, self._service, self._name(operation), error) from None

    def find(self, doing: str, operation: str, missing: tuple[str, ...], **arguments: Any) -> dict[str, Any] | None:
        """Call an operation that looks something up; None when AWS answers with one of the `missing` codes.

        Raises:
            AwsError: AWS refused for another reason, or could not be reached.
        """
        try:
            return self.call(doing, operation, **arguments)
        except AwsError as error:
            if error.code in missing:
                return None
            raise

    def _name(self, operation: str) -> str:
        return str(self._client.meta.method_to_api_mapping[operation])


class Connections:
    """The clients of one configured provider. Safe to use from several threads."""

    def __init__(self, configuration: Configuration) -> None:
        """Prepare to connect; nothing is called yet.

        Raises:
            PluginError: The profile does not exist, or no region can be found.
        """
        self._configuration = configuration
        self._lock = threading.Lock()
        self._apis: dict[tuple[str, str], Api] = {}
        self._session = botocore.session.Session(profile=configuration.profile)
        try:
            if not configuration.instance_metadata:
                self._session.get_component("credential_provider").remove("iam-role")
            region = configuration.region or self._session.get_config_variable("region")
        except BotoCoreError as error:
            raise PluginError(f"configuring the aws provider: {error}") from None
        if not region:
            raise PluginError(
                "configuring the aws provider: no region; set aws:region, AWS_REGION or the provider's region"
            )
        self.region: str = region
        """The default region."""

    def api(self, service: str, region: str | None = None) -> Api:
        """Return the service in the given or the default region, connecting on first use."""
        key = service, region or self.region
        with self._lock:
            if key not in self._apis:
                self._apis[key] = Api(self._client(*key))
            return self._apis[key]

    def iam(self) -> Api:
        """Return IAM, which is global: one endpoint whatever the region."""
        return self.api("iam", self.region)

    def partition(self, region: str | None = None) -> dict[str, Any]:
        """Return the SDK's data on the partition of a region, the default one if None: `name`, `dnsSuffix`."""
        outputs: dict[str, Any] = self._partition_data(region or self.region)["outputs"]
        return outputs

    def region_description(self, region: str) -> str:
        """Return AWS's name for a region, such as `US West (Oregon)`; empty for one that the SDK only infers."""
        regions = self._partition_data(region)["regions"]
        return str(regions.get(region, {}).get("description", ""))

    def _partition_data(self, region: str) -> dict[str, Any]:
        try:
            name = self._session.get_partition_for_region(region)
        except BotoCoreError:
            raise PluginError(f"invalid AWS Region: {region}") from None
        data = self._session.get_component("data_loader").load_data("partitions")
        partitions: list[dict[str, Any]] = data["partitions"]
        return next(partition for partition in partitions if partition["id"] == name)

    def verify_account(self) -> None:
        """Ask STS whom the credentials belong to, and whether that account is wanted.

        Raises:
            PluginError: The credentials are no good, or the account is not allowed.
        """
        wanted, unwanted = self._configuration.allowed_accounts, self._configuration.forbidden_accounts
        if not (self._configuration.validate_credentials or wanted or unwanted):
            return
        sts = self.api("sts", self._configuration.sts_region)
        account = sts.call("configuring the aws provider: validating credentials", "get_caller_identity")["Account"]
        if (wanted and account not in wanted) or account in unwanted:
            raise PluginError(f"configuring the aws provider: AWS account ID not allowed: {account}")

    def _client(self, service: str, region: str) -> Any:
        configuration = self._configuration
        retries: Any = {  # the stubs want the mode as a literal
            "mode": configuration.retry_mode,
            "total_max_attempts": min(configuration.max_retries + 1, _MOST_ATTEMPTS),
        }
        endpoint = configuration.endpoints.get(_ENDPOINT_NAMES.get(service, service))
        try:
            return self._session.create_client(
                service,
                region_name=region,
                endpoint_url=endpoint,
                aws_access_key_id=configuration.access_key,
                aws_secret_access_key=configuration.secret_key,
                aws_session_token=configuration.token,
                verify=configuration.ca_bundle,
                config=Config(
                    retries=retries,
                    max_pool_connections=_POOL,
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    tcp_keepalive=True,
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise PluginError(f"connecting to AWS {service} in {region}: {error}") from None
