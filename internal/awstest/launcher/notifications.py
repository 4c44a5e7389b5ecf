"""A bucket's notifications as S3 takes and sends them, where ministack is laxer.

S3 User Guide, Configuring event notifications using object key name filtering: rules
of one bucket may not overlap in event, prefix and suffix; Granting permissions to
publish event notification messages to a destination: a function is asked, too, when
the rule is put and when it is called. S3 API Reference, Common request headers:
Content-MD5, which is looked at after permission was asked.
"""

import base64
import hashlib

from ministack.core.responses import get_account_id, request_scope
from ministack.services import lambda_svc, s3

from . import services

_S3 = "s3.amazonaws.com"
_OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event type. : ({}, {})"


def mend():
    put, deliver = s3._put_bucket_notification, s3._deliver_event_to_lambda

    def put_checked(name, body, headers=None):
        headers = headers or {}
        if name in s3._buckets:
            rules = s3._parse_notification_config_raw(body.decode("utf-8", "replace"))
            refused = _digest(body, headers) or _overlap(rules) or _unreachable(name, rules, headers)
            if refused:
                return refused
        return put(name, body, headers)

    def deliver_asking(arn, payload, region):
        bucket = payload["Records"][0]["s3"]["bucket"]["name"]
        owner = s3._bucket_owner_account(bucket) or get_account_id()
        if _lets(arn, bucket, owner):
            with request_scope(arn.split(":")[4], arn.split(":")[3]):
                deliver(arn, payload, region)

    s3._put_bucket_notification = put_checked
    s3._deliver_event_to_lambda = deliver_asking


def _lets(arn, bucket, owner):
    with request_scope(arn.split(":")[4], arn.split(":")[3]):
        found = lambda_svc.function_policy_for_arn(arn)
    context = services.source(f"arn:aws:s3:::{bucket}", owner)
    return bool(found) and services.lets(found[0], _S3, "lambda:InvokeFunction", arn, context)


def _digest(body, headers):
    told = headers.get("content-md5")
    if not told or told == base64.b64encode(hashlib.md5(body).digest()).decode():
        return None
    return s3._error("BadDigest", "The Content-MD5 you specified did not match what we received.", 400)


def _unreachable(name, rules, headers):
    if headers.get("x-amz-skip-destination-validation", "").lower() == "true":
        return None
    functions = [rule["arn"] for rule in rules if rule["type"] == "lambda"]
    closed = [arn for arn in functions if arn.count(":") >= 6 and not _lets(arn, name, get_account_id())]
    words = "Unable to validate the following destination configurations"
    return s3._error("InvalidArgument", words, 400) if closed else None


def _overlap(rules):
    for at, one in enumerate(rules):
        for other in rules[at + 1 :]:
            if _share_events(one, other) and _share_keys(one, other):
                return s3._error("InvalidArgument", _OVERLAP.format(one.get("id"), other.get("id")), 400)
    return None


def _share_events(one, other):
    def covers(a, b):
        return a == b or a.endswith(":*") and b.startswith(a[:-1])

    return any(covers(a, b) or covers(b, a) for a in one["events"] for b in other["events"])


def _share_keys(one, other):
    (prefix, suffix), (prefix2, suffix2) = (
        (rule.get("filter_prefix") or "", rule.get("filter_suffix") or "") for rule in (one, other)
    )
    along = prefix.startswith(prefix2) or prefix2.startswith(prefix)
    return along and (suffix.endswith(suffix2) or suffix2.endswith(suffix))
