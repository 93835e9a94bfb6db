"""Addresses at which a layer can be had without a signature, for a while.

They take the place of the presigned S3 addresses that ECR gives out (`GetDownloadUrlForLayer`, ECR API reference).
"""

import datetime as dt

from sandbox.aws.sealing import BrokenSealError, Seal

PREFIX = "/__layers/"
LIFETIME = dt.timedelta(hours=1)
"""How long an address works."""


class InvalidLinkError(Exception):
    """The address was not given out by this process, or no longer works."""


class LayerLinks:
    """Gives out addresses and knows them again."""

    def __init__(self) -> None:
        self._seal = Seal()

    def path(self, digest: str, now: dt.datetime) -> str:
        """The path of a layer's address, from now on valid for `LIFETIME`."""
        return PREFIX + self._seal.close({"digest": digest, "until": (now + LIFETIME).timestamp()})

    def digest(self, path: str, now: dt.datetime) -> str:
        """Whose path it is.

        Raises:
            InvalidLinkError: It is nobody's, or too old.
        """
        try:
            link = self._seal.open(path.removeprefix(PREFIX))
        except BrokenSealError:
            raise InvalidLinkError("The address of this layer was not given out here.") from None
        if now.timestamp() >= link["until"]:
            raise InvalidLinkError("Request has expired")
        return str(link["digest"])
