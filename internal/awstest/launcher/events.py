"""EventBridge and SNS across accounts, and CloudTrail's events on EventBridge.

EventBridge User Guide, Receiving read-only management events; Sending and receiving
events between AWS accounts. SNS Developer Guide, Fanout to Lambda functions in
another account. ministack delivers within one account only.
"""

import datetime
import json

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge as bridge
from ministack.services import sns

from . import control

_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_FROM_CLOUDTRAIL = "AWS API Call via CloudTrail"
# Reads that reach every rule all the same (linkage.md 7.4).
_ALWAYS = {"GetFederationToken", "GetSessionToken"}


def mend():
    bridge._dispatch_event = _dispatch
    # A target of another account is reached; another region's is not, as in AWS.
    bridge._target_matches_request_scope = lambda target: target.region == get_region()
    _buses()
    bridge._dispatch_to_lambda = _as_owner(bridge._dispatch_to_lambda)
    sns._deliver_to_lambda = _as_owner(sns._deliver_to_lambda)
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
    passed = set(event.get("_DispatchPath") or [])
    view = view or bridge._pattern_event_view(event)
    for key, rule in list(bridge._rules.items()):
        pattern, bus = rule.get("EventPattern"), rule.get("EventBusName", "default")
        if not pattern or key in passed or bus != event.get("EventBusName", "default") or rule.get("State") not in on:
            continue
        if bridge._matches_pattern_view(pattern, view, f"rule {key}"):
            for target in bridge._targets.get(key, []):
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


def _buses():
    """A bus of another account takes the event if its policy lets the sender."""
    original = bridge._dispatch_to_event_bus

    def send(target, event, rule, path, payload=None):
        sender = get_account_id()
        if target.account_id == sender:
            return original(target, event, rule, path, payload)
        with request_scope(target.account_id, target.region):
            if _lets(target.resource.split("/", 1)[1], sender):
                return original(target, dict(event, Account=sender), rule, path, payload)

    bridge._dispatch_to_event_bus = send


def _lets(bus, sender):
    status, _, text = bridge._describe_event_bus({"Name": bus})
    if status != 200:
        return False
    policy = json.loads(json.loads(text).get("Policy") or "{}")
    names = {"*", sender, f"arn:aws:iam::{sender}:root"}
    for statement in policy.get("Statement", []):
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        if statement["Effect"] == "Allow" and names & set([named] if isinstance(named, str) else named):
            return True
    return False


def _as_owner(deliver):
    """Run a delivery to a function in the scope of the function's account."""

    def in_scope(arn, *rest):
        parts = arn.split(":")
        with request_scope(parts[4], parts[3]):
            return deliver(arn, *rest)

    return in_scope
