"""`aws.iam.get_open_id_connect_provider`."""

from typing import Any

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.tags import TagRules, from_list
from sandbox.plugins.protocol.errors import PluginError
from sandbox.plugins.protocol.values import Properties


def get_open_id_connect_provider(connections: Connections, tags: TagRules, args: Properties) -> Properties:
    """Look an identity provider up by its ARN or its URL, of which the scheme does not matter."""
    iam = connections.iam()
    arn, url = args.get("arn"), args.get("url")
    if bool(arn) == bool(url):
        raise PluginError("reading IAM OIDC Provider: give either arn or url")
    doing = f"reading IAM OIDC Provider ({arn or url})"
    if not arn:
        wanted = _bare(url)
        known = iam.call(doing, "list_open_id_connect_providers")["OpenIDConnectProviderList"]
        # An ARN ends in the URL without its scheme.
        arn = next((entry["Arn"] for entry in known if entry["Arn"].partition("/")[2] == wanted), None)
        if arn is None:
            raise PluginError(f"{doing}: no identity provider of that URL; create one for the cluster first")
    provider = iam.call(doing, "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    return {
        "arn": arn,
        "clientIdLists": provider.get("ClientIDList", []),
        "id": arn,
        "tags": tags.visible(from_list(provider.get("Tags"))),
        "thumbprintLists": provider.get("ThumbprintList", []),
        "url": provider["Url"],
    }


def _bare(url: Any) -> str:
    return str(url).removeprefix("https://").removeprefix("http://").rstrip("/")
