"""CloudTrail's ListPublicKeys, which ministack has not.

CloudTrail API Reference, ListPublicKeys: the keys of one region whose private keys
signed digest files in a span of time. A test puts the keys with
POST /_awstest/public-keys.
"""

import collections
import time

from ministack.core.responses import get_region
from ministack.services import cloudtrail

from . import control

# Region and its keys: CloudTrail's own, the same for every account.
_keys = collections.defaultdict(list)


def mend():
    cloudtrail._DISPATCH["ListPublicKeys"] = _list
    control.ROUTES["public-keys"] = _put
    control.ON_RESET.append(_keys.clear)


def _put(question):
    _keys[question["region"]] += question["keys"]
    return {}


def _list(question):
    start = question.get("StartTime") or time.time()
    end = question.get("EndTime") or time.time()
    if start > end:
        return cloudtrail._err("InvalidTimeRangeException", "The start time is after the end time.")
    valid = [key for key in _keys[get_region()] if key["ValidityStartTime"] <= end and key["ValidityEndTime"] >= start]
    return cloudtrail._ok({"PublicKeyList": valid})
