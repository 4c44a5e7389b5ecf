"""Subscribe, as SNS has it, by a call and by CloudFormation.

SNS API Reference, Subscribe: a protocol that is none is InvalidParameter. SNS Developer
Guide, Amazon SNS policy keys: sns:Endpoint and sns:Protocol in a topic's policy. SNS
Developer Guide, Using default policies: a topic's own account may, whoever made it. SNS API
Reference, ListSubscriptions: the requester's subscriptions, to whosever topics.
ministack knows no such keys, lets everybody where CloudFormation made the topic,
subscribes there without asking, and lists those to the requester's topics.
"""

import contextvars
import json

from ministack.core import iam_actions
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import sns
from ministack.services.cloudformation import provisioners

from . import stackresources

_PROTOCOLS = {"http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"}

# The condition keys of the subscription that is asked for.
_asked = contextvars.ContextVar("asked", default=None)


def mend():
    validate, subscribe, context = (
        sns._validate_subscription_endpoint,
        sns._subscribe,
        iam_actions.request_tag_context,
    )

    def known(protocol, endpoint):
        if protocol in _PROTOCOLS:
            return validate(protocol, endpoint)
        words = f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}"
        return sns._error("InvalidParameter", words, 400)

    def with_keys(params):
        token = _asked.set(keys(params))
        try:
            return subscribe(params)
        finally:
            _asked.reset(token)

    def of_request(service, action, body, params):
        return context(service, action, body, params) | (keys(params) if action == "sns:Subscribe" else {})

    sns._validate_subscription_endpoint = known
    sns._subscribe = with_keys
    sns._enforce_topic_policy = _enforce
    sns._list_subscriptions = _list
    iam_actions.request_tag_context = of_request
    stackresources.put("AWS::SNS::Subscription", create=_create, delete=_delete)
    (made,) = stackresources.handlers("AWS::SNS::Topic", "create")

    def topic(logical_id, properties, stack):
        found = made(logical_id, properties, stack)
        sns._topics[found[0]]["attributes"]["Policy"] = _default_policy(found[0])
        return found

    stackresources.put("AWS::SNS::Topic", create=topic)


def keys(params):
    return {"sns:protocol": sns._p(params, "Protocol"), "sns:endpoint": sns._p(params, "Endpoint")}


def _list(params):
    account, region, start = get_account_id(), get_region(), int(sns._p(params, "NextToken") or 0)
    topics = list(sns._topics._data.values())
    own = [
        one
        for topic in topics
        for one in topic["subscriptions"]
        if one["owner"] == account and one["topic_arn"].split(":")[3] == region
    ]
    listed = "".join(
        f"<member><SubscriptionArn>{one['arn'] if one['confirmed'] else 'PendingConfirmation'}</SubscriptionArn>"
        f"<Owner>{account}</Owner><TopicArn>{one['topic_arn']}</TopicArn><Protocol>{one['protocol']}</Protocol>"
        f"<Endpoint>{sns._xml_escape(one['endpoint'])}</Endpoint></member>"
        for one in own[start : start + 100]
    )
    more = f"<NextToken>{start + 100}</NextToken>" if start + 100 < len(own) else ""
    body = f"<ListSubscriptionsResult><Subscriptions>{listed}</Subscriptions>{more}</ListSubscriptionsResult>"
    return sns._xml(200, "ListSubscriptionsResponse", body)


def _enforce(topic, action):
    arn = topic.get("arn", "")
    caller = evaluator.EvalContext(
        principal_arn=evaluator.caller_arn(),
        principal_type="Root",
        principal_account=get_account_id(),
        action=action,
        resource_arn=arn or "*",
        region=get_region(),
        service_context=_asked.get() or {},
    )
    policy = topic.get("attributes", {}).get("Policy") or ""
    if evaluator.resource_policy_allows(policy, caller, sns._topic_owner(topic) == get_account_id()):
        return None
    words = f"User: {caller.principal_arn} is not authorized to perform: {action} on resource: {arn}"
    return sns._error(
        "AuthorizationError", words + f" because no resource-based policy allows the {action} action", 403
    )


def _default_policy(arn):
    may = "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
    may += "ListSubscriptionsByTopic Publish"
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{name}" for name in may.split()],
                    "Resource": arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
                }
            ],
        }
    )


def _create(logical_id, properties, stack):
    attributes = provisioners._sns_sub_attributes(properties)
    params = {"TopicArn": properties["TopicArn"], "Protocol": properties["Protocol"]}
    params["Endpoint"] = properties.get("Endpoint", "")
    for at, (name, value) in enumerate(attributes.items(), 1):
        params[f"Attributes.entry.{at}.key"], params[f"Attributes.entry.{at}.value"] = name, value
    # Region: where the topic is, if not where the stack is.
    with request_scope(get_account_id(), properties.get("Region") or get_region()):
        answer = stackresources.done(sns._subscribe(params))
    arn = answer.split("<SubscriptionArn>")[1].split("<")[0]
    return arn, {"Arn": arn}


def _delete(physical_id, properties):
    with request_scope(get_account_id(), properties.get("Region") or get_region()):
        stackresources.done(sns._unsubscribe({"SubscriptionArn": physical_id}))
