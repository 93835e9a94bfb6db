"""What tests ask of the emulators of NVCF and AWS, their hooks included."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import boto3
import httpx
from botocore.config import Config
from typing_extensions import Self

from sandbox.environment import REGION, nvcf_token


class Nvcf:
    """NVCF's emulator.

    Args:
        endpoint: its base URL.
    """

    def __init__(self, endpoint: str) -> None:
        self._http = httpx.Client(
            base_url=endpoint, headers={"Authorization": f"Bearer {nvcf_token()}"}, trust_env=False, timeout=90
        )

    def account(self, name: str) -> "Account":
        """Make an account; an account holds 25 credentials, so every stack has one of its own."""
        account = Account(self._http, name)
        body = {"name": f"Tests of {name}", "adminClientId": account.client}
        self._http.post(f"/v2/nvcf/accounts/{name}", json=body).raise_for_status()
        return account

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

    def fault(self, action: str, **more: Any) -> None:
        """Plan a fault (docs/emulator.md)."""
        self._hook("POST", "faults", {"action": action, **more})

    def clear_faults(self) -> None:
        """Forget every planned fault."""
        self._hook("DELETE", "faults")

    def _hook(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return dict(self._http.request(method, f"/__sandbox/{name}", json=body).raise_for_status().json())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()


class Account:
    """One NVCF account, seen by an administrator.

    Args:
        http: a client with the administrator's token.
        name: the account's id.
    """

    def __init__(self, http: httpx.Client, name: str) -> None:
        self.name = name
        self.client = f"{name}-client"
        self._http = http
        self._path = f"/v2/nvcf/accounts/{name}/registry-credentials"

    @property
    def token(self) -> str:
        """A token of the account's own client."""
        return nvcf_token(client=self.client)

    def credential(self, credential_id: str) -> dict[str, Any] | None:
        """Return a credential, or None when it does not exist."""
        answer = self._http.get(f"{self._path}/{credential_id}")
        return None if answer.status_code == 404 else dict(answer.raise_for_status().json()["registryCredential"])

    def credentials(self) -> list[dict[str, Any]]:
        """Return all credentials."""
        return list(self._http.get(self._path).raise_for_status().json()["registryCredentials"])

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return every credential of that name."""
        return [each for each in self.credentials() if each["registryCredentialName"] == name]

    def secrets(self, name: str) -> list[str]:
        """Return the secrets that NVCF keeps for credentials of that name, `user:password`."""
        account = self._http.get(f"/v2/nvcf/accounts/{self.name}").raise_for_status().json()["account"]
        kept = [each["secret"] for each in account["registryCredentials"]]
        return [base64.b64decode(each["value"]).decode() for each in kept if each["name"] == name]

    def login(self, name: str) -> tuple[str, str]:
        """Return user name and password of the one credential of that name."""
        (secret,) = self.secrets(name)
        user, _, password = secret.partition(":")
        return user, password

    def create(self, hostname: str, name: str, login: str) -> httpx.Response:
        """Register a credential as another tool would; `login` is `user:password`."""
        body = {"registryHostname": hostname, "secret": _secret(name, login), "artifactTypes": ["CONTAINER"]}
        return self._http.post(self._path, json=body)

    def change(self, credential_id: str, name: str, login: str, *types: str) -> None:
        """Change a credential outside of any stack."""
        body = {"secret": _secret(name, login), **({"artifactTypeEnums": types} if types else {})}
        self._http.patch(f"{self._path}/{credential_id}", json=body).raise_for_status()

    def delete(self, credential_id: str) -> None:
        """Delete a credential outside of any stack."""
        self._http.delete(f"{self._path}/{credential_id}").raise_for_status()

    def use(self, image: str, *, deployed: bool = False) -> dict[str, Any]:
        """Put in a function that uses an image's host, running on request, and return it."""
        body = {"account": self.name, "image": image, "deployed": deployed}
        return dict(self._http.post("/__sandbox/functions", json=body).raise_for_status().json())

    def stop_using(self, version: str) -> None:
        """Take a function version out."""
        self._http.delete(f"/__sandbox/functions/{version}").raise_for_status()


def _secret(name: str, login: str) -> dict[str, str]:
    return {"name": name, "value": base64.b64encode(login.encode()).decode()}


def token_without_scopes(client: str) -> str:
    """Return a token that may read functions and nothing else."""
    return nvcf_token(client, ("list_functions",))


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
        return boto3.client(
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

    def key_status(self, stack: str) -> dict[str, str]:
        """Return the access keys of a stack's users, each with its status."""
        iam = self.client("iam")
        listed = [iam.list_access_keys(UserName=user)["AccessKeyMetadata"] for user in self.users(stack)]
        return {key["AccessKeyId"]: key["Status"] for keys in listed for key in keys}

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
