"""`aws.iam.get_user` and `aws.iam.get_access_keys`."""

from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.resources.iam import boundary_of, rfc3339
from sandbox.plugins.aws.tags import TagRules, from_list
from sandbox.plugins.protocol.values import Properties


def get_user(connections: Connections, tags: TagRules, args: Properties) -> Properties:
    """Look a user up by its name."""
    name = args["userName"]
    user = connections.iam().call(f"reading IAM User ({name})", "get_user", UserName=name)["User"]
    return {
        "arn": user["Arn"],
        "id": user["UserId"],
        "path": user["Path"],
        "permissionsBoundary": boundary_of(user) or "",
        "tags": tags.visible(from_list(user.get("Tags"))),
        "userId": user["UserId"],
        "userName": name,
    }


def get_access_keys(connections: Connections, _tags: TagRules, args: Properties) -> Properties:
    """List the access keys of a user, without their secrets."""
    name = args["user"]
    keys = connections.iam().pages(
        f"reading IAM Access Keys ({name})", "list_access_keys", "AccessKeyMetadata", UserName=name
    )
    return {
        "accessKeys": [
            {"accessKeyId": key["AccessKeyId"], "createDate": rfc3339(key["CreateDate"]), "status": key["Status"]}
            for key in keys
        ],
        "id": name,
        "user": name,
    }
