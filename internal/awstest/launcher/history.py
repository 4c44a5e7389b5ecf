"""CloudTrail's event history: LookupEvents, answered from whole records.

ministack's own records name the caller wrongly and leave out AssumeRole. Here a
record is what a test put (`put`, or POST /_awstest/history), or what recording.py
made of a call. CloudTrail API Reference, LookupEvents; User Guide, Viewing recent
management events: 90 days, management events, of one account and one region.
"""

import base64
import calendar
import collections
import json
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail

from . import control

_PAGE = 50
_KEPT = 90 * 24 * 3600
_PER_SECOND = 2
_ATTRIBUTES = {
    "AccessKeyId": lambda event: [event.get("AccessKeyId")],
    "EventId": lambda event: [event["EventId"]],
    "EventName": lambda event: [event["EventName"]],
    "EventSource": lambda event: [event["EventSource"]],
    "ReadOnly": lambda event: [event["ReadOnly"]],
    "ResourceName": lambda event: [resource["ResourceName"] for resource in event["Resources"]],
    "ResourceType": lambda event: [resource["ResourceType"] for resource in event["Resources"]],
    "Username": lambda event: [event.get("Username")],
}

# (account, region) and its events as LookupEvents gives them, in no order.
_events = collections.defaultdict(list)
# (account, region) and when it was asked last.
_asked = collections.defaultdict(lambda: collections.deque(maxlen=_PER_SECOND))
_settings = {}  # "now": the clock, "throttle": whether AWS's rate holds


def mend():
    cloudtrail._DISPATCH["LookupEvents"] = _lookup
    control.ROUTES["history"] = _fill
    control.ON_RESET.append(_reset)


def _reset():
    for state in (_events, _asked, _settings):
        state.clear()


def _fill(question):
    _settings.update({name: question[name] for name in ("now", "throttle") if question.get(name) is not None})
    for record in question.get("records") or []:
        put(record)
    return {}


def put(record):
    """Keep a record, if it is one that the history has."""
    if record.get("eventCategory", "Management") != "Management" or record.get("managementEvent") is False:
        return
    _events[record["recipientAccountId"], record["awsRegion"]].append(_event(record))


def _event(record):
    identity = record.get("userIdentity") or {}
    event = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record.get("readOnly", False)).lower(),
        "EventTime": calendar.timegm(time.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")),
        "EventSource": record["eventSource"],
        "Resources": _resources(record),
        "CloudTrailEvent": json.dumps(record),
    }
    if identity.get("accessKeyId"):
        event["AccessKeyId"] = identity["accessKeyId"]
    name = _username(identity)
    if name:
        event["Username"] = name
    return event


def _username(identity):
    if identity.get("type") == "AssumedRole":
        return identity.get("principalId", "").partition(":")[2]
    if identity.get("type") == "Root":
        return "root"
    return identity.get("userName") or identity.get("invokedBy")


def _resources(record):
    """What the event is about. Of an issuance: the key, the session, the role."""
    found = []
    issued = record.get("responseElements") or {}
    asked = record.get("requestParameters") or {}
    if isinstance(issued.get("credentials"), dict):
        found.append(("AWS::IAM::AccessKey", issued["credentials"].get("accessKeyId")))
    if isinstance(issued.get("assumedRoleUser"), dict):
        session = issued["assumedRoleUser"]
        found.append(("AWS::STS::AssumedRole", session.get("assumedRoleId")))
        found.append(("AWS::STS::AssumedRole", asked.get("roleSessionName")))
        found.append(("AWS::STS::AssumedRole", session.get("arn")))
    if isinstance(asked.get("roleArn"), str):
        found.append(("AWS::IAM::Role", asked["roleArn"]))
    if isinstance(asked.get("bucketName"), str):
        found.append(("AWS::S3::Bucket", asked["bucketName"]))
    for resource in record.get("resources") or []:
        found.append((resource.get("type"), resource.get("ARN")))
    unique = dict.fromkeys((kind, name) for kind, name in found if kind and name)
    return [{"ResourceType": kind, "ResourceName": name} for kind, name in unique]


def _lookup(question):
    place = (get_account_id(), get_region())
    refused = _refused(question, place)
    if refused:
        return refused
    size = int(question.get("MaxResults") or _PAGE)
    asked = {name: question.get(name) for name in ("LookupAttributes", "StartTime", "EndTime", "EventCategory")}
    after = None
    if question.get("NextToken"):
        try:
            of, after = json.loads(base64.b64decode(question["NextToken"]))
        except ValueError:
            of = None
        if of != asked:
            return _error("InvalidNextTokenException", "Invalid token, or one of a request with other parameters.")
    newest_first = sorted(_events[place], key=_order)
    found = [
        event for event in newest_first if _wanted(event, question) and (after is None or _order(event) > tuple(after))
    ]
    answer = {"Events": found[:size]}
    if len(found) > size:
        answer["NextToken"] = base64.b64encode(json.dumps([asked, _order(found[size - 1])]).encode()).decode()
    return cloudtrail._ok(answer)


def _order(event):
    return (-event["EventTime"], event["EventId"])


def _refused(question, place):
    attributes = question.get("LookupAttributes") or []
    if len(attributes) > 1 or any(attribute.get("AttributeKey") not in _ATTRIBUTES for attribute in attributes):
        return _error("InvalidLookupAttributesException", "Specify one attribute key, of those that are valid.")
    if not 1 <= int(question.get("MaxResults") or _PAGE) <= _PAGE:
        return _error("InvalidMaxResultsException", "Specify a max results value from 1 to 50.")
    start, end = question.get("StartTime"), question.get("EndTime")
    if start is not None and end is not None and float(start) > float(end):
        return _error("InvalidTimeRangeException", "The start time is after the end time.")
    if _settings.get("throttle"):
        now, asked = time.monotonic(), _asked[place]
        if len(asked) == _PER_SECOND and now - asked[0] < 1:
            return _error("ThrottlingException", "Rate exceeded")
        asked.append(now)
    return None


def _wanted(event, question):
    at = event["EventTime"]
    start, end = question.get("StartTime"), question.get("EndTime")
    if at < _settings.get("now", time.time()) - _KEPT:
        return False
    if start is not None and at < float(start) or end is not None and at > float(end):
        return False
    return all(
        one["AttributeValue"] in _ATTRIBUTES[one["AttributeKey"]](event)
        for one in question.get("LookupAttributes") or []
    )


def _error(code, message):
    return cloudtrail._err(code, message)
