"""ECR asked for real: GetAuthorizationToken and DescribeImages at an AWS endpoint (NVCF contract 2.2).

Requests are signed with Signature Version 4 by the stored access key and carry no session token, as the real server's.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.nvcf.config import RegistryAnswer
from sandbox.nvcf.problems import internal
from sandbox.nvcf.registries import RegistryKind, ecr_account_and_region
from sandbox.nvcf.registry_logins import Reference, RegistryNetwork

CALL_TIMEOUT_SECONDS = 10.0
PUBLIC_REGION = "us-east-1"

_TARGETS = {
    RegistryKind.ECR: ("ecr", "AmazonEC2ContainerRegistry_V20150921"),
    RegistryKind.ECR_PUBLIC: ("ecr-public", "SpencerFrontendService"),
}


@dataclass(frozen=True)
class AwsRegistries:
    """Private and public ECR at one AWS endpoint; every other registry is asked elsewhere.

    Attributes:
        endpoint: Base URL that serves all AWS services, such as the sandbox's.
        client: HTTP client, whose transport decides where requests really go.
        others: Answers for the registries that are not ECR.
    """

    endpoint: str
    client: httpx.AsyncClient
    others: RegistryNetwork

    async def log_in(self, kind: RegistryKind, hostname: str, pair: str) -> RegistryAnswer:
        """GetAuthorizationToken in the region of the host name."""
        if kind not in _TARGETS:
            return await self.others.log_in(kind, hostname, pair)
        return await self._call(kind, _region(hostname), "GetAuthorizationToken", {}, pair)

    async def find_artifact(self, kind: RegistryKind, reference: Reference, pair: str) -> RegistryAnswer:
        """DescribeImages for one image; a digest wins over a tag."""
        if kind not in _TARGETS:
            return await self.others.find_artifact(kind, reference, pair)
        image = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag}
        body: dict[str, object] = {"imageIds": [image], "repositoryName": reference.repository}
        account_and_region = ecr_account_and_region(reference.hostname)
        if account_and_region is not None:
            body["registryId"] = account_and_region[0]
        return await self._call(kind, _region(reference.hostname), "DescribeImages", body, pair)

    async def _call(
        self, kind: RegistryKind, region: str, action: str, body: dict[str, object], pair: str
    ) -> RegistryAnswer:
        service, target = _TARGETS[kind]
        access_key, _, secret_key = pair.partition(":")
        payload = json.dumps(body, separators=(",", ":")).encode()
        try:
            signer = SigV4Auth(Credentials(access_key, secret_key), service, region)
            headers = _signed_headers(signer, self.endpoint, f"{target}.{action}", payload)
            response = await self.client.post(
                self.endpoint, content=payload, headers=headers, timeout=CALL_TIMEOUT_SECONDS
            )
        except httpx.TimeoutException:
            raise internal(
                "java.util.concurrent.TimeoutException: Did not observe any item or terminal signal within "
                f"{int(CALL_TIMEOUT_SECONDS * 1000)}ms"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            raise internal(f"{service}.{region}.amazonaws.com: {type(error).__name__}") from None
        return RegistryAnswer(response.status_code, response.text)


def _region(hostname: str) -> str:
    account_and_region = ecr_account_and_region(hostname)
    return account_and_region[1] if account_and_region else PUBLIC_REGION


def _signed_headers(signer: SigV4Auth, endpoint: str, target: str, payload: bytes) -> dict[str, str]:
    request = AWSRequest(
        method="POST",
        url=endpoint,
        data=payload,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
    )
    request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    signer.add_auth(request)
    return dict(request.headers.items())
