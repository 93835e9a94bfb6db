"""The stand-in as the process that Pulumi's engine starts: `pulumi-resource-kubernetes ENGINE_ADDRESS`."""

from __future__ import annotations

import os
import sys

import urllib3

from sandbox.plugins.kubernetes.engine_warnings import warn
from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.protocol.process import serve


def main(arguments: list[str]) -> None:
    """Serve the engine whose address is on the command line until it is done."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]

    def show(message: str, urn: str) -> None:
        if addresses:
            warn(addresses[-1], message, urn)

    # A kubeconfig that says insecure-skip-tls-verify means it; a warning for every request would help nobody.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    serve(KubernetesPlugin(os.environ, show), arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
