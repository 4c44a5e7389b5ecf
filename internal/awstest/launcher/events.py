"""CloudTrail's events on EventBridge, which rules see them, and in which region.

EventBridge User Guide, Receiving read-only management events; Events reference, Event
structure: account and region are those of the event's origin. Where an event goes from
a rule is in targets.py.
"""

import datetime
import json

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge as bridge

from . import control

_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_FROM_CLOUDTRAIL = "AWS API Call via CloudTrail"
# Reads that reach every rule all the same (linkage.md 7.4).
_ALWAYS = {"GetFederationToken", "GetSessionToken"}


def mend():
    bridge._dispatch_event = _dispatch
    control.ROUTES["emit"] = _emit


def _emit(question):
    for record in question["records"]:
        _put(record, question["account"], question["region"])
    return {}


def emit(record):
    """Put a record on the default bus of its account and region."""
    _put(record, record["recipientAccountId"], record["awsRegion"])


def _put(record, account, region):
    entry = {
        "Source": "aws." + record["eventSource"].partition(".")[0],
        "DetailType": _FROM_CLOUDTRAIL,
        "Detail": json.dumps(record),
    }
    with request_scope(account, region):
        bridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _dispatch(event, view=None):
    """To every rule of the bus that is on and fits: the second state is on, too."""
    on = {_ALL} if _is_read(event) else {_ALL, "ENABLED"}
    if _is_record(event):
        event, view = _at_its_time(event), None
    view = view or bridge._pattern_event_view(event)
    place = get_account_id(), get_region()
    for key, rule in list(bridge._rules.items()):
        pattern, bus = rule.get("EventPattern"), rule.get("EventBusName", "default")
        if not pattern or bus != event.get("EventBusName", "default") or rule.get("State") not in on:
            continue
        # The way that the event came is told by whole rules: those of two accounts may have one name.
        if (*place, key) in (event.get("_DispatchPath") or ()):
            continue
        if bridge._matches_pattern_view(pattern, view, f"rule {key}"):
            for target in list(bridge._targets.get(key, [])):
                bridge._invoke_target(target, event, rule, view)


def _is_record(event):
    return event.get("DetailType") == _FROM_CLOUDTRAIL and event.get("Source", "").startswith("aws.")


def _at_its_time(event):
    """An event of CloudTrail has the record's time, not that of its arrival (linkage.md 7.4)."""
    at = datetime.datetime.fromisoformat(json.loads(event["Detail"])["eventTime"])
    return dict(event, Time=int(at.timestamp()))


def _is_read(event):
    if not _is_record(event):
        return False
    name = json.loads(event["Detail"]).get("eventName", "")
    return name.startswith(("Describe", "Get", "List")) and name not in _ALWAYS
