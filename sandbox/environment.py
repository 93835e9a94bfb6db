"""The environment variables that point AWS and Kubernetes clients, Pulumi and the program at the sandbox."""

from __future__ import annotations

import base64
import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.layout import PLUGIN_STAND_INS, Layout
from sandbox.options import Options

ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
"""The emulated AWS account's administrator: the example key of AWS's documentation, useless on real AWS."""

SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-west-2"

PASSPHRASE = "sandbox"
"""Protects throw-away state only. Fixed, so that a stack file made for one sandbox opens in every other."""

NVCF_CLIENT = "ncp"
"""The client id that NVCF's own installation gives its administrator."""

NVCF_SCOPES = (
    "account_setup",
    "admin:manage_registry_credentials",
    "delete_function",
    "deploy_function",
    "list_functions",
    "manage_registry_credentials",
    "register_function",
)

_STRAY_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "NVCF_API_KEY",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_STACK",
)
"""What a user's shell may hold that would mix real credentials, or another stack, with the sandbox's."""


@dataclass(frozen=True)
class Environment:
    """The variables of one running sandbox.

    Args:
        exports: variables to set, PATH not among them.
        path: directories to put before PATH.
    """

    exports: Mapping[str, str] = field(repr=False)
    path: tuple[str, ...]

    def over(self, base: Mapping[str, str]) -> dict[str, str]:
        """An environment for a child: `base`, rid of what would reach past the sandbox, and these on top."""
        kept = {name: value for name, value in base.items() if not is_stray(name)}
        proxy = _with_loopback(kept.get("NO_PROXY") or kept.get("no_proxy") or "")
        path = os.pathsep.join((*self.path, *filter(None, [kept.get("PATH")])))
        return {**kept, **self.exports, "NO_PROXY": proxy, "no_proxy": proxy, "PATH": path}

    def shell(self) -> str:
        """A POSIX shell script that sets the variables when it is sourced, as often as one likes."""
        lines = [
            "# Made by `python -m sandbox up`. Source it:  . .sandbox/env",
            f"unset {' '.join(_STRAY_VARIABLES)}",
        ]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.exports.items())]
        for directory in reversed(self.path):
            quoted = shlex.quote(directory)
            lines.append(f'case ":$PATH:" in *:{quoted}:*) ;; *) export PATH={quoted}:"$PATH" ;; esac')
        loopback = _with_loopback("")
        lines += [f'export {name}="{loopback}${{{name}:+,${name}}}"' for name in ("NO_PROXY", "no_proxy")]
        return "\n".join(lines) + "\n"


def environment(options: Options, layout: Layout, endpoints: Mapping[str, str]) -> Environment:
    """The variables that reach a sandbox.

    Args:
        options: what the sandbox was asked to be.
        layout: where its files are.
        endpoints: URL by part name; a part that does not run sets nothing.
    """
    exports = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": REGION,
        # The AWS CLI and tools without knowledge of AWS_REGION read this one.
        "AWS_DEFAULT_REGION": REGION,
        # Profiles, and the metadata service of a cloud machine, must not lend real credentials.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NVCF_TOKEN": nvcf_token(),
        "KUBECONFIG": options.kubeconfig or str(layout.kubeconfig),
        "PULUMI_BACKEND_URL": f"file://{layout.backend(options.kube)}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(layout.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if "aws" in endpoints:
        exports["AWS_ENDPOINT_URL"] = endpoints["aws"]
    if "nvcf" in endpoints:
        exports["NVCF_ENDPOINT"] = endpoints["nvcf"]
    path = [options.toolchain]
    if options.plugins == "standin":
        path.insert(0, str(PLUGIN_STAND_INS))
        # A plugin that is neither a stand-in nor in the toolchain is a mistake, not a download to wait for.
        exports["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return Environment(exports, tuple(path))


def nvcf_token(client: str = NVCF_CLIENT, scopes: tuple[str, ...] = NVCF_SCOPES) -> str:
    """A bearer token that NVCF's emulator takes; worth nothing anywhere else.

    Args:
        client: the token's subject.
        scopes: what it may do.
    """
    claims = json.dumps({"sub": client, "scopes": list(scopes)}, separators=(",", ":"))
    return "dev." + base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")


def is_stray(name: str) -> bool:
    """Whether a variable of the user's shell would mix something real into the sandbox."""
    return name in _STRAY_VARIABLES or name.startswith("AWS_ENDPOINT_URL_")


def _with_loopback(no_proxy: str) -> str:
    hosts = [host for host in no_proxy.split(",") if host]
    return ",".join([host for host in ("127.0.0.1", "localhost") if host not in hosts] + hosts)
