"""What tests ask of the emulators of NVCF and AWS, their hooks included."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import boto3
import httpx
from botocore.config import Config
from typing_extensions import Self

from sandbox.environment import NVCF_SCOPES, REGION, nvcf_token


class Nvcf:
    """NVCF's emulator, seen by its administrator.

    Args:
        endpoint: its base URL.
    """

    def __init__(self, endpoint: str) -> None:
        self.http = httpx.Client(
            base_url=endpoint, headers={"Authorization": f"Bearer {nvcf_token()}"}, trust_env=False, timeout=90
        )

    def credential(self, credential_id: str) -> dict[str, Any] | None:
        """Return a credential of the default account, or None when it does not exist."""
        answer = self.http.get(f"/v2/nvcf/registry-credentials/{credential_id}")
        return None if answer.status_code == 404 else dict(answer.raise_for_status().json()["registryCredential"])

    def named(self, name: str, account: str = "") -> list[dict[str, Any]]:
        """Return every credential of that name; a name is one of a test's own."""
        answer = self.http.get(f"/v2/nvcf/{account and f'accounts/{account}/'}registry-credentials").raise_for_status()
        return [each for each in answer.json()["registryCredentials"] if each["registryCredentialName"] == name]

    def secret(self, name: str, account: str = "nvcf-default") -> str:
        """Return the secret that NVCF keeps for the credential of that name: the encoded pair."""
        answer = self.http.get(f"/v2/nvcf/accounts/{account}").raise_for_status().json()
        kept = [each["secret"] for each in answer["account"]["registryCredentials"]]
        (found,) = [each["value"] for each in kept if each["name"] == name]
        return str(found)

    def create(self, hostname: str, name: str, secret: str, *types: str) -> httpx.Response:
        """Register a credential as another tool would; `secret` is the encoded pair."""
        body = {"registryHostname": hostname, "secret": {"name": name, "value": secret}, "artifactTypes": types}
        return self.http.post("/v2/nvcf/registry-credentials", json=body)

    def change(self, credential_id: str, name: str, secret: str, *types: str) -> None:
        """Change a credential outside of any stack."""
        body = {"secret": {"name": name, "value": secret}, **({"artifactTypeEnums": types} if types else {})}
        self.http.patch(f"/v2/nvcf/registry-credentials/{credential_id}", json=body).raise_for_status()

    def delete(self, credential_id: str) -> None:
        """Delete a credential outside of any stack."""
        self.http.delete(f"/v2/nvcf/registry-credentials/{credential_id}").raise_for_status()

    def account(self, name: str) -> str:
        """Make an account, so that faults on its routes meet one test only, and return its id."""
        body = {"name": name, "adminClientId": f"{name}-client"}
        self.http.post(f"/v2/nvcf/accounts/{name}", json=body).raise_for_status()
        return name

    def fault(self, action: str, **more: Any) -> None:
        """Plan a fault (docs/emulator.md)."""
        self._hook("POST", "faults", {"action": action, **more})

    def clear_faults(self) -> None:
        """Forget every planned fault."""
        self._hook("DELETE", "faults")

    @contextmanager
    def calls(self) -> Iterator[list[str]]:
        """Yield a list that holds, after the block, the calls made in it: method, path and status."""
        made: list[str] = []
        self._hook("DELETE", "calls")
        yield made
        made += [
            f"{call['method']} {call['path'].removeprefix('/v2/nvcf/')} {call['status']}"
            for call in self._hook("GET", "calls")["calls"]
        ]

    def handed_out(self, account: str) -> list[Mapping[str, Any]]:
        """Return the credentials that functions of an account would be launched with."""
        return list(self._hook("GET", f"handed-out?account={account}")["functions"])

    def use(self, account: str, image: str) -> dict[str, Any]:
        """Put in a function that uses an image's host, and return it."""
        return self._hook("POST", "functions", {"account": account, "image": image})

    def stop_using(self, version: str) -> None:
        """Take a function version out."""
        self._hook("DELETE", f"functions/{version}")

    def _hook(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return dict(self.http.request(method, f"/__sandbox/{name}", json=body).raise_for_status().json())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()


def token_without_scopes() -> str:
    """Return a token of the administrator that may read functions and nothing else."""
    return nvcf_token(scopes=tuple(scope for scope in NVCF_SCOPES if scope == "list_functions"))


def token_of_nobody() -> str:
    """Return a token of a client that belongs to no account."""
    return nvcf_token(client="nobody")


class Aws:
    """AWS's emulator.

    Args:
        endpoint: its URL.
        key: id and secret of the administrator's access key.
    """

    def __init__(self, endpoint: str, key: tuple[str, str]) -> None:
        self.endpoint = endpoint
        self._key = key

    def client(self, service: str, key: tuple[str, str] | None = None, region: str = REGION) -> Any:
        """Return a boto3 client for the administrator, or for a given key; it never tries twice."""
        key_id, secret = key or self._key
        return boto3.client(  # type: ignore[call-overload]  # the service is not known when types are checked
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def users(self, stack: str) -> dict[str, list[str]]:
        """Return the users of a stack, each with the ids of its access keys."""
        iam = self.client("iam")
        names = [user["UserName"] for user in iam.list_users(PathPrefix="/nvcf/")["Users"]]
        return {
            name: [key["AccessKeyId"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
            for name in names
            if name.startswith(f"nvcf-registry-{stack}-")
        }

    def left(self, stack: str) -> list[str]:
        """Return the names of everything a stack has in IAM and ECR; its prefixes begin with its name."""
        iam, start = self.client("iam"), f"nvcf-registry-{stack}-"
        repositories = [
            *self.client("ecr").describe_repositories()["repositories"],
            *self.client("ecr-public", region="us-east-1").describe_repositories()["repositories"],
        ]
        return [
            *self.users(stack),
            *[
                policy["PolicyName"]
                for policy in iam.list_policies(Scope="Local", PathPrefix="/nvcf/")["Policies"]
                if policy["PolicyName"].startswith(start)
            ],
            *[
                role["RoleName"]
                for role in iam.list_roles(PathPrefix="/nvcf/")["Roles"]
                if role["RoleName"].startswith(start)
            ],
            *[each["repositoryName"] for each in repositories if each["repositoryName"].startswith(f"{stack}-")],
        ]

    def push(self, repository: str, tag: str = "latest", key: tuple[str, str] | None = None) -> None:
        """Put an image with a manifest and nothing else into a private repository."""
        manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}'
        self.client("ecr", key).put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)

    def deployer(self, name: str, document: str) -> tuple[str, str]:
        """Make a user with one policy and return its access key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def fault(self, action: str, **more: Any) -> None:
        """Plan a fault (docs/sandbox-aws.md)."""
        self._hook("POST", "faults", {"action": action, **more})

    def clear_faults(self) -> None:
        """Forget every planned fault."""
        self._hook("DELETE", "faults")

    def propagation(self, seconds: float) -> None:
        """Set how long a new access key stays unknown."""
        self._hook("PUT", "propagation", {"seconds": seconds})

    def owner_of_token(self, password: str) -> dict[str, Any]:
        """Return whose registry password this is; raises httpx.HTTPStatusError when it is none."""
        return self._hook("POST", "tokens", {"password": password})

    def trust_issuer(self, issuer: str, key_set: object) -> None:
        """Hand over the public keys of an OpenID Connect issuer."""
        self._hook("PUT", "identity-provider-keys", {"issuer": issuer, "keySet": key_set})

    def _hook(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        with httpx.Client(base_url=self.endpoint, trust_env=False) as http:
            return dict(http.request(method, f"/__sandbox/{name}", json=body).raise_for_status().json())
