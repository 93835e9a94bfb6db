"""The functions that the stand-in carries."""

from collections.abc import Callable, Mapping

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.functions.account import get_caller_identity
from sandbox.plugins.aws.functions.eks import get_cluster
from sandbox.plugins.aws.functions.iam import get_access_keys, get_user
from sandbox.plugins.aws.functions.oidc import get_open_id_connect_provider
from sandbox.plugins.aws.functions.regions import get_partition, get_region
from sandbox.plugins.aws.tags import TagRules
from sandbox.plugins.protocol.values import Properties

Function = Callable[[Connections, TagRules, Properties], Properties]
"""Called with the provider's clients, its tag rules and the arguments."""

FUNCTIONS: Mapping[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:eks/getCluster:getCluster": get_cluster,
    "aws:iam/getAccessKeys:getAccessKeys": get_access_keys,
    "aws:iam/getUser:getUser": get_user,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": get_open_id_connect_provider,
}
"""Every function by its token."""
