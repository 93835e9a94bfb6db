"""`aws.get_region` and `aws.get_partition`; neither asks AWS, as neither does in the official plugin."""

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.tags import TagRules
from sandbox.plugins.protocol.errors import PluginError
from sandbox.plugins.protocol.values import Properties


def get_region(connections: Connections, _tags: TagRules, args: Properties) -> Properties:
    """Describe a region: the one asked for, or the provider's."""
    region = args.get("region") or args.get("name") or connections.region
    suffix = connections.partition(region)["dnsSuffix"]
    endpoint = f"ec2.{region}.{suffix}"
    if args.get("endpoint") not in (None, "", endpoint):
        raise PluginError(f"reading Region: no region has the endpoint {args['endpoint']}; leave endpoint out")
    return {
        "description": connections.region_description(region),
        "endpoint": endpoint,
        "id": region,
        "name": region,
        "region": region,
    }


def get_partition(connections: Connections, _tags: TagRules, _args: Properties) -> Properties:
    """Describe the provider's partition."""
    data = connections.partition()
    suffix = data["dnsSuffix"]
    return {
        "dnsSuffix": suffix,
        "id": data["name"],
        "partition": data["name"],
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }
