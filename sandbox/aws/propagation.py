"""IAM's eventual consistency: how long a new access key stays unknown to the services.

Only new keys lag. Changed policies, and keys that are switched off or deleted, take effect at once.
"""

import datetime as dt


class Propagation:
    """The delay between the creation of a key and its first use."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def has_reached_services(self, created: dt.datetime, now: dt.datetime) -> bool:
        """Whether a key created then is known now; both times carry their timezone."""
        return self.seconds <= 0 or (now - created).total_seconds() >= self.seconds
