"""`aws.eks.get_cluster`."""

from typing import Any

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.tags import TagRules
from sandbox.plugins.protocol.errors import PluginError
from sandbox.plugins.protocol.values import Properties

# Blocks that only some clusters have; the official plugin returns them as lists of none or one.
_BLOCKS = (
    "accessConfigs",
    "computeConfigs",
    "controlPlaneScalingConfigs",
    "kubeApiServerConfigs",
    "kubeControllerManagerConfigs",
    "kubeSchedulerConfigs",
    "outpostConfigs",
    "remoteNetworkConfigs",
    "storageConfigs",
    "upgradePolicies",
    "zonalShiftConfigs",
)


def get_cluster(connections: Connections, tags: TagRules, args: Properties) -> Properties:
    """Describe a cluster: endpoint, certificate authority, OIDC issuer, network. Its feature blocks are left empty."""
    name = args.get("name")
    if not name:
        raise PluginError("reading EKS Cluster: name is missing")
    region = args.get("region") or connections.region
    eks = connections.api("eks", region)
    cluster = eks.call(f"reading EKS Cluster ({name})", "describe_cluster", name=name)["cluster"]
    network, vpc = cluster.get("kubernetesNetworkConfig", {}), cluster.get("resourcesVpcConfig", {})
    issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer", "")
    return {
        **{block: [] for block in _BLOCKS},
        "arn": cluster["arn"],
        "certificateAuthorities": [{"data": cluster.get("certificateAuthority", {}).get("data", "")}],
        "clusterId": cluster.get("id", ""),
        "createdAt": str(cluster.get("createdAt", "")),
        "deletionProtection": cluster.get("deletionProtection", False),
        "enabledClusterLogTypes": _enabled_logs(cluster),
        "endpoint": cluster.get("endpoint", ""),
        "id": cluster["name"],
        "identities": [{"oidcs": [{"issuer": issuer}]}],
        "kubernetesNetworkConfigs": [
            {
                "elasticLoadBalancings": [],
                "ipFamily": network.get("ipFamily", ""),
                "serviceIpv4Cidr": network.get("serviceIpv4Cidr", ""),
                "serviceIpv6Cidr": network.get("serviceIpv6Cidr", ""),
            }
        ],
        "name": cluster["name"],
        "platformVersion": cluster.get("platformVersion", ""),
        "region": region,
        "roleArn": cluster.get("roleArn", ""),
        "status": cluster.get("status", ""),
        "tags": tags.visible(cluster.get("tags", {})),
        "version": cluster.get("version", ""),
        "vpcConfig": {
            "clusterSecurityGroupId": vpc.get("clusterSecurityGroupId", ""),
            "controlPlaneEgressMode": vpc.get("controlPlaneEgressMode", ""),
            "endpointPrivateAccess": vpc.get("endpointPrivateAccess", False),
            "endpointPublicAccess": vpc.get("endpointPublicAccess", True),
            "publicAccessCidrs": vpc.get("publicAccessCidrs", []),
            "securityGroupIds": vpc.get("securityGroupIds", []),
            "subnetIds": vpc.get("subnetIds", []),
            "vpcId": vpc.get("vpcId", ""),
        },
    }


def _enabled_logs(cluster: dict[str, Any]) -> list[str]:
    setups = cluster.get("logging", {}).get("clusterLogging", [])
    return [kind for setup in setups if setup.get("enabled") for kind in setup.get("types", [])]
