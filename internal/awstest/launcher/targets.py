"""From a rule of EventBridge to its targets, where the policies let it.

EventBridge User Guide, Using resource-based policies: queues, topics and functions are
asked for events.amazonaws.com with aws:SourceArn, the rule, or the target's role is;
Sending events to an AWS service in another account wants a role. Sending and receiving
events between accounts, between Regions: a bus there wants a role, and its policy is
asked for it; an event that came from another account goes to no third one. Using
dead-letter queues to process undelivered events. ministack asks no policy, has no
dead-letter queue and delivers within one account only.
"""

import contextvars
import json
import logging

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge as bridge
from ministack.services import lambda_svc, sns, sqs

from . import services

_EVENTS = "events.amazonaws.com"
_WORDS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
_log = logging.getLogger("awstest.targets")

# What is told of a delivery that was refused: the rule's account and region, and the rule.
ON_FAILURE = []
# What is being delivered: target, event, rule, the rule's account, region and key, view.
_delivery = contextvars.ContextVar("delivery")


class _Refused(Exception):
    """The target may not be reached: code and words for the dead-letter queue."""


def mend():
    original = bridge._invoke_target

    def invoke(target, event, rule, view=None):
        key = bridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))
        view = view or bridge._pattern_event_view(event)
        token = _delivery.set((target, event, rule, (get_account_id(), get_region(), key), view))
        try:
            original(target, event, rule, view)
        finally:
            _delivery.reset(token)

    bridge._invoke_target = invoke
    # A target of another account is reached; another region's is not, as in AWS.
    bridge._target_matches_request_scope = lambda target: target.region == get_region()
    bridge._dispatch_to_event_bus = _to_bus
    bridge._dispatch_to_sqs = _asking(bridge._dispatch_to_sqs, "sqs")
    bridge._dispatch_to_sns = _asking(bridge._dispatch_to_sns, "sns")
    bridge._dispatch_to_lambda = _asking(bridge._dispatch_to_lambda, "lambda")
    sns._deliver_to_lambda = _from_topic(sns._deliver_to_lambda)


def _asking(deliver, service):
    """A delivery that asks first, and is made in the scope of the target."""

    def send(to, *rest):
        arn = str(to)
        try:
            _ask(service, arn)
        except _Refused as refusal:
            return _dead_letter(*refusal.args)
        parts = arn.split(":")
        with request_scope(parts[4], parts[3]):
            return deliver(to, *rest)

    return send


def _ask(service, arn):
    target, _event, rule, _place, _view = _delivery.get()
    account, owner = get_account_id(), arn.split(":")[4]
    context, policy = services.source(rule["Arn"], account), _policy(service, arn)
    if policy is None:
        raise _Refused("RESOURCE_NOT_FOUND", f"The target does not exist: {arn}")
    role = target.get("RoleArn")
    if role:
        lets = services.takes(_EVENTS, role, context)
        lets = lets and services.role_may(role, _WORDS[service], arn, context, policy)
    else:
        lets = owner == account and services.lets(policy, _EVENTS, _WORDS[service], arn, context)
    if not lets:
        raise _Refused("NO_PERMISSIONS", f"{role or _EVENTS} may not {_WORDS[service]} on {arn}")


def _policy(service, arn):
    """The policy of a queue, topic or function: empty if it has none, None if there is no such thing."""
    parts = arn.split(":")
    with request_scope(parts[4], parts[3]):
        if service == "sqs":
            found = sqs.queue_policy_for_arn(arn)
        elif service == "sns":
            found = sns.topic_policy_for_arn(arn)
        else:
            found = lambda_svc.function_policy_for_arn(arn)
    return None if found is None else found[0] or {}


def _to_bus(spec, event, rule, path, payload=None):
    """To a bus: of the same account and region at once, of others by the target's role and the bus's policy."""
    target, _event, _rule, place, _view = _delivery.get()
    account, region = place[:2]
    came_from = event.get("_From", account)
    if came_from != account and spec.account_id != account:
        _log.info("%s came from %s: it goes to no third account", event.get("EventId"), came_from)
        return
    if (spec.account_id, spec.region) != (account, region) and not _bus_takes(spec, event, rule, target):
        return _dead_letter("NO_PERMISSIONS", f"{target.get('RoleArn')} may not events:PutEvents on {spec}")
    name = spec.resource.split("/", 1)[1]
    with request_scope(spec.account_id, spec.region):
        if name not in bridge._event_buses:
            _dead_letter("RESOURCE_NOT_FOUND", f"The bus does not exist: {spec}")
            return
        path = [*(event.get("_DispatchPath") or ()), place]
        forwarded = dict(event, EventBusName=name, _From=came_from, _DispatchPath=path)
        if payload is not None:
            forwarded["Detail"] = payload
        bridge._dispatch_event(forwarded)
        bridge._archive_event({key: value for key, value in forwarded.items() if not key.startswith("_")})


def _bus_takes(spec, event, rule, target):
    """Whether the role may be taken and may put the event, and the bus's policy lets it.

    Using IAM policy conditions in Amazon EventBridge has the keys: source, detail type,
    eventBusInvocation, which is true for what a rule forwards, and the rule's ARN.
    """
    role, account = target.get("RoleArn"), get_account_id()
    context = services.source(
        rule["Arn"],
        account,
        events_source=event.get("Source", ""),
        events_eventBusInvocation="true",
    )
    context["events:detail-type"] = event.get("DetailType", "")
    if not role or role.split(":")[4] != account or not services.takes(_EVENTS, role, context):
        return False
    policy = bridge._event_bus_policies.get_scoped(spec.account_id, spec.region, spec.resource.split("/", 1)[1])
    return services.role_may(role, "events:PutEvents", str(spec), context, policy)


def _dead_letter(code, words):
    """Put what was refused into the target's dead-letter queue, if it has one that lets it."""
    target, _event, rule, place, view = _delivery.get()
    _log.warning("rule %s: %s: %s", rule["Arn"], code, words)
    for tell in ON_FAILURE:
        tell(place[:2], rule)
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    policy = arn and _policy("sqs", arn)
    if not policy or arn.split(":")[3:5] != [place[1], place[0]]:
        return
    context = services.source(rule["Arn"], place[0])
    if not services.lets(policy, _EVENTS, "sqs:SendMessage", arn, context):
        return
    about = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "ERROR_MESSAGE": words}
    with request_scope(place[0], place[1]):
        sqs._HANDLERS["SendMessage"](
            {
                "QueueUrl": sqs._queue_by_arn(arn)["url"],
                "MessageBody": json.dumps(view.event_with_detail()),
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": value} for name, value in about.items()
                },
            },
            "",
        )


def _from_topic(deliver):
    """A topic calls a function that lets it, of any account: SNS Developer Guide, Fanout to Lambda functions."""

    def send(endpoint, envelope, topic, *rest):
        policy = _policy("lambda", endpoint)
        context = services.source(topic, topic.split(":")[4])
        if not policy or not services.lets(policy, "sns.amazonaws.com", _WORDS["lambda"], endpoint, context):
            _log.warning("%s lets not be called by %s", endpoint, topic)
            return None
        parts = endpoint.split(":")
        with request_scope(parts[4], parts[3]):
            return deliver(endpoint, envelope, topic, *rest)

    return send
