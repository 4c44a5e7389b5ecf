"""The owner of a bucket that a caller expects.

S3 User Guide, Verifying bucket ownership with bucket owner condition: a call with
x-amz-expected-bucket-owner fails with 403 where the bucket is another account's,
whatever the caller may do there. ministack looks at it nowhere.
"""

from ministack.services import s3


def mend():
    original = s3.handle_request

    async def handle(method, path, headers, body, query, **options):
        expected = headers.get("x-amz-expected-bucket-owner")
        if expected:
            bucket, _key = s3._parse_bucket_key(path, headers)
            if bucket and s3._bucket_owner_account(bucket) not in (None, expected):
                return s3._error("AccessDenied", "Access Denied", 403, path)
        return await original(method, path, headers, body, query, **options)

    s3.handle_request = handle
