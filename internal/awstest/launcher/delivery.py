"""Log files in the buckets of trails, when a test has them delivered.

CloudTrail User Guide, Getting and viewing your CloudTrail log files: their names and
their form. An organisation's trail has its members' below the organisation's id.
Configuring Amazon SNS notifications for CloudTrail: the trail's topic is told of each
file, if its policy lets cloudtrail.amazonaws.com (linkage.md 7.4 has the form).
"""

import collections
import gzip
import json
import secrets
import string
import time

from ministack.core.responses import request_scope
from ministack.services import cloudtrail, s3, sns
from ministack.services import organizations as org

from . import control, organizations, services

# (account, region) and the records that no log file has yet.
_kept = collections.defaultdict(list)


def mend():
    control.ROUTES["deliver"] = _deliver
    control.ON_RESET.append(_kept.clear)


def keep(record):
    _kept[record["recipientAccountId"], record["awsRegion"]].append(record)


async def _deliver(question):
    """Write them, and say under which keys. What no trail is for is gone, as in AWS."""
    accounts = question and question.get("accounts")
    kept = {place: records for place, records in _kept.items() if not accounts or place[0] in accounts}
    for place in kept:
        del _kept[place]
    written = []
    for (account, region), records in kept.items():
        for trail, bucket, prefix in _places(account, region):
            key = prefix + _name(account, region)
            owner = s3._bucket_owner_account(bucket)
            with request_scope(owner, region):
                body = gzip.compress(json.dumps({"Records": records}).encode())
                answer = await s3.handle_request(
                    "PUT", f"/{bucket}/{key}", {}, body, {}, internal=True, enforce_bucket_region=False
                )
            if answer[0] != 200:
                raise ValueError(f"{bucket}/{key}: {answer}")
            written.append(f"s3://{bucket}/{key}")
            _tell(trail, bucket, key)
    return {"written": written}


def _places(account, region):
    """The buckets of the trails that log this account and region, and the prefix."""
    management = organizations.management_of(account)
    for (owner, home, _name), trail in list(cloudtrail._trails.all_items()):
        if not trail.get("IsLogging") or not (home == region or trail.get("IsMultiRegionTrail")):
            continue
        of_organization = trail.get("IsOrganizationTrail") and owner == management
        if owner != account and not of_organization:
            continue
        parts = [trail.get("S3KeyPrefix"), "AWSLogs"]
        if of_organization:
            parts.append(org._orgs.get_scoped(owner, None, "self")["Id"])
        yield trail, trail["S3BucketName"], "/".join(part for part in parts if part) + "/"


def _tell(trail, bucket, key):
    name = trail.get("SnsTopicName")
    if not name:
        return
    home, owner = trail["TrailARN"].split(":")[3:5]
    topic = name if name.startswith("arn:") else f"arn:aws:sns:{home}:{owner}:{name}"
    found = sns.topic_policy_for_arn(topic)
    context = services.source(trail["TrailARN"], owner)
    if found and services.lets(found[0], "cloudtrail.amazonaws.com", "sns:Publish", topic, context):
        with request_scope(topic.split(":")[4], topic.split(":")[3]):
            sns.publish_internal(topic, json.dumps({"s3Bucket": bucket, "s3ObjectKey": [key]}), "")


def _name(account, region):
    now = time.gmtime()
    unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return (
        f"{account}/CloudTrail/{region}/{time.strftime('%Y/%m/%d', now)}/"
        f"{account}_CloudTrail_{region}_{time.strftime('%Y%m%dT%H%MZ', now)}_{unique}.json.gz"
    )
