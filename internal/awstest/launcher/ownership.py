"""Whose an object is in a bucket whose owner does not own everything.

S3 User Guide, Controlling ownership of objects and disabling ACLs for your bucket:
under ObjectWriter who wrote an object owns it, under BucketOwnerPreferred unless it
was written with the ACL bucket-owner-full-control; with that ACL the bucket's owner
may read it all the same. Bucket policies (Example bucket policies): "applies only to
objects that are owned by the bucket owner", so to nobody else does one open it.
With BucketOwnerEnforced the bucket's owner owns all that is there. ministack gives
everything to the bucket's owner.
"""

import re
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from ministack.core.responses import get_account_id
from ministack.services import s3

from . import control

_FULL_CONTROL = "bucket-owner-full-control"
# What the query of a call on the object itself may have: SDKs add it.
_PLAIN = {"x-id"}
# Bucket and key, the account that wrote the object, and whether the bucket's owner may read it.
_written = {}


def mend():
    control.ON_RESET.append(_written.clear)
    original = s3.handle_request

    async def handle(method, path, headers, body, query, **options):
        bucket, key = s3._parse_bucket_key(path, headers)
        caller, owner = get_account_id(), s3._bucket_owner_account(bucket) if bucket else None
        answer = await original(method, path, headers, body, query, **options)
        if owner is None or answer[0] >= 300 or options.get("internal"):
            return answer
        if method in ("PUT", "POST") and key:
            _note(bucket, key, caller, owner, headers, query)
        elif method == "DELETE" and key and set(query) <= _PLAIN:
            _written.pop((bucket, key), None)
        elif method in ("GET", "HEAD") and key and _closed(bucket, key, caller, owner):
            return s3._error("AccessDenied", "Access Denied", 403, path)
        elif method == "GET" and not key and _written and "list-type" in query:
            return answer[0], answer[1], _with_owners(bucket, owner, answer[2])
        return answer

    s3.handle_request = handle


def _note(bucket, key, caller, owner, headers, query):
    full = headers.get("x-amz-acl") == _FULL_CONTROL
    if "acl" in query:
        if (bucket, key) in _written:
            _written[bucket, key] = _written[bucket, key][0], full
    elif set(query) <= _PLAIN or "uploads" in query:
        _written.pop((bucket, key), None)
        controls = s3._buckets.get_scoped(owner, None, bucket).get("_ownership_controls") or ""
        if caller != owner and not _enforced(bucket, owner) and not (full and "BucketOwnerPreferred" in controls):
            _written[bucket, key] = caller, full


def _enforced(bucket, owner):
    return s3._bucket_owner_enforced(s3._buckets.get_scoped(owner, None, bucket))


def _closed(bucket, key, caller, owner):
    writer, full = _written.get((bucket, key), (owner, True))
    if writer == owner or _enforced(bucket, owner):
        return False
    return caller != writer and not (caller == owner and full)


def _with_owners(bucket, owner, body):
    """A list with the canonical id of whose each object is."""
    if _enforced(bucket, owner):
        return body
    text = body.decode()
    encoded = "<EncodingType>url<" in text

    def entry(found):
        key = unescape(re.search("<Key>(.*?)</Key>", found[0], re.DOTALL)[1])
        writer, _ = _written.get((bucket, unquote(key) if encoded else key), (owner, True))
        return re.sub("<Owner><ID>[0-9a-f]*<", f"<Owner><ID>{s3._canonical_owner_id(writer)}<", found[0])

    return re.sub("<Contents>.*?</Contents>", entry, text, flags=re.DOTALL).encode()
