"""`aws.get_caller_identity`."""

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.tags import TagRules
from sandbox.plugins.protocol.values import Properties


def get_caller_identity(connections: Connections, _tags: TagRules, _args: Properties) -> Properties:
    """Tell whom the provider's credentials belong to."""
    who = connections.api("sts").call("reading STS Caller Identity", "get_caller_identity")
    return {"accountId": who["Account"], "arn": who["Arn"], "id": who["Account"], "userId": who["UserId"]}
