"""The account rate limiter, policy BUCKET; the default policy LEGACY limits nothing (observations 2 section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import RateLimit
from sandbox.nvcf.problems import rule


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """One bucket per account, refilled evenly, shared by every limited route."""

    def __init__(self, limit: RateLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, account_id: str) -> None:
        """Lets one request of an account pass.

        Raises:
            Problem: 429 when the bucket is empty. There is no Retry-After, as on the real server.
        """
        size = self._limit.overrides.get(account_id, self._limit.per_second)
        if size is None:
            return
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(account_id, _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + (now - bucket.filled_at) * size)
        bucket.filled_at = now
        if bucket.tokens < 1:
            raise rule(429, f"Account '{account_id}': too many requests. Slow down.")
        bucket.tokens -= 1
