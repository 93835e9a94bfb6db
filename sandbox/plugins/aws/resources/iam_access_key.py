"""`aws.iam.AccessKey`."""

import base64
import hashlib
import hmac
from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws.fields import Field
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.resources.iam import NO_SUCH_ENTITY, rfc3339
from sandbox.plugins.protocol.values import Properties

_KEPT = ("secret", "sesSmtpPasswordV4")


class IamAccessKey(Kind):
    """An access key, whose secret only its creation tells: it is secret in state and survives refreshes there."""

    token: ClassVar = "aws:iam/accessKey:AccessKey"
    label: ClassVar = "IAM Access Key"
    fields: ClassVar = (
        Field("user", required=True, replaces=True),
        Field("status", default="Active", values=("Active", "Inactive")),
        Field("createDate", computed=True),
        Field("secret", computed=True, secret=True),
        Field("sesSmtpPasswordV4", computed=True, secret=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the key; AWS always makes it active."""
        user = inputs["user"]
        key = aws.iam.call(f"creating {self.label} ({user})", "create_access_key", UserName=user)["AccessKey"]
        outputs = {
            "secret": key["SecretAccessKey"],
            "sesSmtpPasswordV4": smtp_password(key["SecretAccessKey"], aws.region),
            "createDate": rfc3339(key["CreateDate"]),
            "status": key["Status"],
        }
        return Made(key["AccessKeyId"], outputs)

    @override
    def finish(self, aws: Aws, made: Made, inputs: Properties) -> None:
        """Deactivate the key if it is to be born so."""
        if inputs["status"] != "Active":
            self._set_status(aws, made.id, inputs)

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the key up among its user's; an import has only the id, by which AWS tells the user."""
        doing = f"reading {self.label} ({resource_id})"
        user = known.get("user")
        if not user:
            used = aws.iam.find(
                doing, "get_access_key_last_used", (*NO_SUCH_ENTITY, "AccessDenied"), AccessKeyId=resource_id
            )
            user = used and used.get("UserName")
        if not user or aws.iam.find(doing, "get_user", NO_SUCH_ENTITY, UserName=user) is None:
            return None
        for key in aws.iam.pages(doing, "list_access_keys", "AccessKeyMetadata", UserName=user):
            if key["AccessKeyId"] == resource_id:
                return {
                    "id": resource_id,
                    "user": user,
                    "status": key["Status"],
                    "createDate": rfc3339(key["CreateDate"]),
                    **{name: known.get(name) for name in _KEPT},
                }
        return None

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Activate or deactivate the key."""
        if "status" in changed:
            self._set_status(aws, resource_id, inputs)

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the key."""
        aws.iam.find(
            f"deleting {self.label} ({resource_id})",
            "delete_access_key",
            NO_SUCH_ENTITY,
            UserName=state["user"],
            AccessKeyId=resource_id,
        )

    def _set_status(self, aws: Aws, key_id: str, inputs: Properties) -> None:
        aws.iam.call(
            f"updating {self.label} ({key_id})",
            "update_access_key",
            UserName=inputs["user"],
            AccessKeyId=key_id,
            Status=inputs["status"],
        )


def smtp_password(secret: str, region: str) -> str:
    """Derive the password for SES by SMTP from a secret access key, as AWS documents it.

    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
    """
    signature = b"AWS4" + secret.encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()
