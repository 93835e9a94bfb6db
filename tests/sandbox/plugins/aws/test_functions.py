"""Functions against the sandbox's AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins.protocol.values import UNKNOWN
from tests.sandbox.plugins.aws.driver import CallError, Engine

IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
REGION = "aws:index/getRegion:getRegion"
PARTITION = "aws:index/getPartition:getPartition"
CLUSTER = "aws:eks/getCluster:getCluster"
OIDC = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"


def test_caller_identity(engine: Engine) -> None:
    who = engine.invoke(IDENTITY)
    assert who["accountId"] == who["id"] == "123456789012"
    assert who["arn"].startswith("arn:aws:iam::123456789012:")
    assert who["userId"]


def test_region(engine: Engine) -> None:
    assert engine.invoke(REGION) == {
        "description": "US West (Oregon)",
        "endpoint": "ec2.us-west-2.amazonaws.com",
        "id": "us-west-2",
        "name": "us-west-2",
        "region": "us-west-2",
    }
    assert engine.invoke(REGION, region="eu-central-1")["region"] == "eu-central-1"
    assert engine.invoke(REGION, region="us-moon-1")["description"] == ""
    with pytest.raises(CallError) as caught:
        engine.invoke(REGION, region="moon")
    assert caught.value.message == "invalid AWS Region: moon"
    with pytest.raises(CallError) as caught:
        engine.invoke(REGION, endpoint="ec2.elsewhere")
    assert "no region has the endpoint ec2.elsewhere" in caught.value.message


def test_partition(engine: Engine) -> None:
    assert engine.invoke(PARTITION) == {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    }
    engine.configure(region="cn-north-1", skipCredentialsValidation="true")
    assert engine.invoke(PARTITION)["dnsSuffix"] == "amazonaws.com.cn"


def test_cluster(engine: Engine, cloud: Any) -> None:
    cloud("eks").create_cluster(
        name="c",
        version="1.33",
        roleArn="arn:aws:iam::123456789012:role/eks",
        resourcesVpcConfig={"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        tags={"a": "b"},
    )
    cluster = engine.invoke(CLUSTER, name="c")
    assert cluster["arn"] == "arn:aws:eks:us-west-2:123456789012:cluster/c"
    assert cluster["endpoint"].startswith("https://")
    assert cluster["certificateAuthorities"][0]["data"]
    assert cluster["identities"][0]["oidcs"][0]["issuer"].startswith("https://oidc.eks.us-west-2.")
    assert cluster["vpcConfig"]["subnetIds"] == ["subnet-1"]
    assert cluster["tags"] == {"a": "b"}
    assert cluster["upgradePolicies"] == []
    with pytest.raises(CallError) as caught:
        engine.invoke(CLUSTER, name="none")
    assert caught.value.message.startswith("reading EKS Cluster (none): operation error EKS: DescribeCluster")
    assert "ResourceNotFoundException" in caught.value.message
    with pytest.raises(CallError) as caught:
        engine.invoke(CLUSTER, name="c", region="eu-west-1")
    assert "ResourceNotFoundException" in caught.value.message


def test_open_id_connect_provider(engine: Engine, cloud: Any) -> None:
    url = "https://oidc.eks.us-west-2.amazonaws.com/id/ABC"
    arn = cloud("iam").create_open_id_connect_provider(
        Url=url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40], Tags=[{"Key": "a", "Value": "b"}]
    )["OpenIDConnectProviderArn"]
    by_url = engine.invoke(OIDC, url=url)
    assert by_url["arn"] == by_url["id"] == arn
    assert by_url["clientIdLists"] == ["sts.amazonaws.com"]
    assert by_url["url"] == "oidc.eks.us-west-2.amazonaws.com/id/ABC"
    assert by_url["tags"] == {"a": "b"}
    assert engine.invoke(OIDC, arn=arn) == by_url
    with pytest.raises(CallError) as caught:
        engine.invoke(OIDC, url="https://oidc.example/none")
    assert "no identity provider of that URL" in caught.value.message
    with pytest.raises(CallError) as caught:
        engine.invoke(OIDC)
    assert "give either arn or url" in caught.value.message


def test_what_depends_on_an_unknown_is_unknown_in_a_preview_only(engine: Engine) -> None:
    assert engine.invoke(CLUSTER, preview=True, name=UNKNOWN)["id"] is UNKNOWN
    with pytest.raises(CallError) as caught:
        engine.invoke(CLUSTER, name=UNKNOWN)
    assert "is not known yet" in caught.value.message


def test_a_function_that_is_not_carried_says_what_is(engine: Engine) -> None:
    with pytest.raises(CallError) as caught:
        engine.invoke("aws:ec2/getAmi:getAmi")
    assert caught.value.code == "UNIMPLEMENTED"
    assert IDENTITY in caught.value.message


def test_user_and_its_keys(engine: Engine, cloud: Any) -> None:
    iam = cloud("iam")
    iam.create_user(UserName="by-hand", Path="/x/", Tags=[{"Key": "team", "Value": "a"}])
    key = iam.create_access_key(UserName="by-hand")["AccessKey"]
    user = engine.invoke("aws:iam/getUser:getUser", userName="by-hand")
    assert (user["path"], user["tags"], user["permissionsBoundary"]) == ("/x/", {"team": "a"}, "")
    assert user["arn"] == "arn:aws:iam::123456789012:user/x/by-hand"
    (found,) = engine.invoke("aws:iam/getAccessKeys:getAccessKeys", user="by-hand")["accessKeys"]
    assert (found["accessKeyId"], found["status"]) == (key["AccessKeyId"], "Active")
    with pytest.raises(CallError) as caught:
        engine.invoke("aws:iam/getUser:getUser", userName="nobody")
    assert "reading IAM User (nobody): " in caught.value.message
    assert "NoSuchEntity" in caught.value.message
