"""Results in pages, as ECR and ECR Public give them."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from sandbox.aws.errors import OperationError

Item = TypeVar("Item")
DEFAULT_PAGE = 100


def page(items: Sequence[Item], max_results: int | None, next_token: str | None) -> tuple[Sequence[Item], str | None]:
    """Cuts one page out of all results.

    Args:
        items: All results, in a stable order.
        max_results: Longest page, 1 to 1000; 100 by default.
        next_token: What the page before gave; None for the first.

    Returns:
        The page, and the token for the next one, None at the end.

    Raises:
        OperationError: The token or the length is not valid.
    """
    size = DEFAULT_PAGE if max_results is None else int(max_results)
    if not 1 <= size <= 1000:
        raise OperationError(
            "InvalidParameterException",
            "Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and 1000'",
        )
    start = 0
    if next_token is not None:
        try:
            start = int(base64.urlsafe_b64decode(next_token.encode()))
        except ValueError:
            raise OperationError(
                "InvalidParameterException",
                "Invalid parameter at 'nextToken' failed to satisfy constraint: 'invalid token'",
            ) from None
    end = start + size
    more = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], more
