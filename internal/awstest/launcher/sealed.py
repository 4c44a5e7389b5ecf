"""What objects under SSE-KMS were encrypted with, for the conditions of the key's policy.

S3 User Guide, Using server-side encryption with AWS KMS keys, Encryption context: the
ARN of the object, or of the bucket where the object has a Bucket Key, and what the
request adds, as CloudTrail adds aws:cloudtrail:arn (CloudTrail User Guide, Configure
AWS KMS key policies for CloudTrail). ministack keeps none of it.
"""

import base64
import json

from ministack.core.responses import get_region
from ministack.services import s3

from . import control

_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
# Bucket and key: what the request added, and whether there is a Bucket Key.
_objects = {}


def mend():
    control.ON_RESET.append(_objects.clear)
    original = s3.handle_request

    async def handle(method, path, headers, body, query, **options):
        bucket, key = s3._parse_bucket_key(path, headers)
        answer = await original(method, path, headers, body, query, **options)
        if not key or answer[0] >= 300:
            return answer
        if method in ("PUT", "POST") and (set(query) <= {"x-id"} or "uploads" in query):
            _objects[bucket, key] = _of(bucket, headers)
        elif method in ("GET", "HEAD") and _objects.get((bucket, key), ({}, False))[1]:
            answer[1].setdefault(_BUCKET_KEY, "true")
        return answer

    s3.handle_request = handle


def _of(bucket, headers):
    added = headers.get("x-amz-server-side-encryption-context")
    pairs = json.loads(base64.b64decode(added)) if added else {}
    default = s3._bucket_encryption.get_scoped(s3._bucket_owner_account(bucket), None, bucket) or ""
    default = default.decode() if isinstance(default, bytes) else str(default)
    said = headers.get(_BUCKET_KEY) or str("<BucketKeyEnabled>true<" in default)
    sealed = headers.get("x-amz-server-side-encryption", "aws:kms" if "aws:kms" in default else "")
    return pairs, sealed == "aws:kms" and said.lower() == "true"


def conditions(bucket, key):
    """The condition keys of S3's call to KMS for an object."""
    pairs, bucket_key = _objects.get((bucket, key), ({}, False))
    pairs = {"aws:s3:arn": f"arn:aws:s3:::{bucket}" + ("" if bucket_key else f"/{key}"), **pairs}
    return {
        "kms:ViaService": f"s3.{get_region()}.amazonaws.com",
        "kms:EncryptionContextKeys": list(pairs),
        **{f"kms:EncryptionContext:{name}": value for name, value in pairs.items()},
    }
