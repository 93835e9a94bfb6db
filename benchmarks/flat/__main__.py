"""What the project's program declares, by hand: no settings, no components, no checks."""

import json

import pulumi
import pulumi_aws as aws

from nvcf.provider import RegistryCredentialResource
from policies.ecr_pull import private_pull

account = aws.get_caller_identity().account_id
region = aws.get_region().region

for registry in pulumi.Config().require_object("registries"):
    name = registry["name"]
    tags = {
        "managed-by": "pulumi",
        "nvcf-registry:project": pulumi.get_project(),
        "nvcf-registry:stack": pulumi.get_stack(),
    }
    for repository in registry["repositories"]:
        created = aws.ecr.Repository(
            f"{name}-{repository}",
            name=f"{registry['prefix']}/{repository}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            tags=tags,
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-{repository}-lifecycle",
            repository=created.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": "expire untagged images after 14 days",
                            "selection": {
                                "tagStatus": "untagged",
                                "countType": "sinceImagePushed",
                                "countUnit": "days",
                                "countNumber": 14,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
            opts=pulumi.ResourceOptions(deleted_with=created),
        )
    user = aws.iam.User(f"{name}-user", name=f"bench-{name}", path="/nvcf/", tags=tags)
    policy = aws.iam.Policy(
        f"{name}-policy",
        name=f"bench-{name}",
        path="/nvcf/",
        description=f"What NVCF may pull with the user bench-{name}",
        policy=private_pull(account=account, region=region, prefix=registry["prefix"]).to_json(),
        tags=tags,
    )
    aws.iam.UserPolicyAttachment(f"{name}-attachment", user=user.name, policy_arn=policy.arn)
    key = aws.iam.AccessKey(f"{name}-key", user=user.name)
    RegistryCredentialResource(
        f"{name}-credential",
        {
            "hostname": f"{account}.dkr.ecr.{region}.amazonaws.com",
            "name": name,
            "username": key.id,
            "password": key.secret,
            "artifactTypes": ["CONTAINER"],
            "tags": ["managed-by=pulumi", f"stack={pulumi.get_project()}:{pulumi.get_stack()}"],
            "onDestroy": "delete",
            "propagationSeconds": 360,
        },
    )
    pulumi.export(name, user.arn)
