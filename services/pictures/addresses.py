"""What the addresses of pictures have in common, on every storage: when they end, and from which origin they come."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

URL_LIFETIME = timedelta(hours=6)
# For this long the same file has the same address, so that browsers take it from their own cache.
URL_STABLE = URL_LIFETIME / 2


def period_began() -> int:
    """Return when the running three hours began, in seconds since 1970.

    Whatever is signed with it is a function of the clock alone: every process gives out the same address, nothing needs
    to be remembered, and it stays good for three to six more hours.
    """
    stable = int(URL_STABLE.total_seconds())
    return int(time.time()) // stable * stable


def bucket_address(*, bucket: str, region: str, endpoint: str = "") -> str:
    """Return the address of an S3 bucket, without a slash at its end.

    Amazon's buckets have a host name of their own, unless a dot in it would not fit its certificate; other servers
    (``endpoint``) are asked by path, which each of them understands.
    """
    if endpoint:
        return f"{endpoint.rstrip('/')}/{bucket}"
    if "." in bucket:
        return f"https://s3.{region}.amazonaws.com/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def origin(address: str) -> str:
    """Return scheme and host of ``address``, as a content security policy names them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
