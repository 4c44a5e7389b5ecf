"""What CloudFormation does with a stack's resources, it does with the caller's permissions.

CloudFormation User Guide, Controlling access with IAM: without a service role the stack's
calls are made for the caller, so identity policies, boundaries and service control
policies are asked (IAM User Guide, Forward access sessions). Which calls a type needs is
in its schema (CloudFormation Template Reference); here are those that make, change and
delete, not those that only read. ministack asks nobody. StackSets have a role of their own.
"""

import contextvars

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners

from . import refusals, stackresources, topics

_caller = contextvars.ContextVar("caller", default="")


def mend():
    original = cloudformation.handle_request

    async def handle(method, path, headers, body, query):
        _caller.set(extract_access_key_id(headers, query))
        return await original(method, path, headers, body, query)

    cloudformation.handle_request = handle


def as_service():
    """From here on it is not the caller who makes stacks."""
    _caller.set("")


def ask(what, kind, properties, physical_id=None):
    """Fail the resource if the caller may not make (CREATE), change or delete it."""
    key = _caller.get()
    if not key or kind not in _CALLS:
        return
    for action, resource, context in _CALLS[kind](what, properties, physical_id or ""):
        refused = evaluator.enforce(key, action, action.split(":")[0], get_region(), resource, context)
        if isinstance(refused, evaluator.AuthError):
            raise stackresources.failure("InvalidCredentials", refused.message)
        if refused is not None:
            said = {
                "explicit_deny": refused.decision == "Deny",
                "resource_policy_arn": refused.resource_policy_arn,
                "resource_arn": resource,
            }
            raise stackresources.failure("AccessDenied", refusals.words(action, refused.principal_arn, said))


def _arn(service, rest):
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{rest}"


def _tagged(properties):
    """Whether there are tags that somebody chose: CloudFormation puts its own without asking."""
    return any(not key.startswith("aws:") for key in provisioners._tag_map(properties.get("Tags")))


def _simple(service, resource, create, update, delete, *, tags=None):
    """The calls of a type that has one resource: names of actions, in one text each."""

    def calls(what, properties, physical_id):
        names = {"CREATE": create, "UPDATE": update, "DELETE": delete}[what].split()
        if tags and what == "CREATE" and _tagged(properties):
            names.append(tags)
        arn = resource(properties, physical_id)
        return [(f"{service}:{name}", arn, None) for name in names]

    return calls


def _role(what, properties, physical_id):
    arn = f"arn:aws:iam::{get_account_id()}:role{properties.get('Path', '/')}{properties.get('RoleName') or physical_id or '*'}"
    inline, attached = properties.get("Policies"), properties.get("ManagedPolicyArns")
    names = {
        "CREATE": ["CreateRole"] + ["PutRolePolicy"] * bool(inline) + ["AttachRolePolicy"] * bool(attached),
        "UPDATE": ["UpdateAssumeRolePolicy", "UpdateRole"] + ["PutRolePolicy"] * bool(inline),
        "DELETE": ["DeleteRole"] + ["DeleteRolePolicy"] * bool(inline) + ["DetachRolePolicy"] * bool(attached),
    }[what]
    names += ["TagRole"] * bool(what == "CREATE" and _tagged(properties))
    return [(f"iam:{name}", arn, None) for name in names]


def _pass(role):
    return [("iam:PassRole", role, None)] if role else []


def _function(what, properties, physical_id):
    arn = _arn("lambda", f"function:{properties.get('FunctionName') or physical_id or '*'}")
    if what == "DELETE":
        return [("lambda:DeleteFunction", arn, None)]
    code = properties.get("Code") or {}
    of_code = (
        [("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key')}", None)] if "S3Bucket" in code else []
    )
    names = ["CreateFunction"] if what == "CREATE" else ["UpdateFunctionCode", "UpdateFunctionConfiguration"]
    names += ["TagResource"] * bool(what == "CREATE" and _tagged(properties))
    names += ["PutFunctionConcurrency"] * ("ReservedConcurrentExecutions" in properties)
    return [(f"lambda:{name}", arn, None) for name in names] + _pass(properties.get("Role")) + of_code


def _rule(what, properties, physical_id):
    bus = str(properties.get("EventBusName") or "default").split("/")[-1]
    name = properties.get("Name") or physical_id.split("|")[-1] or "*"
    arn = _arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
    if what == "DELETE":
        return [("events:RemoveTargets", arn, None), ("events:DeleteRule", arn, None)]
    names = ["PutRule", "PutTargets"] + ["TagResource"] * bool(what == "CREATE" and _tagged(properties))
    roles = [target.get("RoleArn") for target in properties.get("Targets") or []]
    return [(f"events:{name}", arn, None) for name in names] + [call for role in roles for call in _pass(role)]


def _bus(what, properties, physical_id):
    arn = _arn("events", f"event-bus/{properties.get('Name') or physical_id or '*'}")
    names = {"CREATE": ["CreateEventBus"], "UPDATE": ["UpdateEventBus"], "DELETE": ["DeleteEventBus"]}[what]
    names += ["PutPermission"] * bool(what != "DELETE" and properties.get("Policy"))
    names += ["TagResource"] * bool(what == "CREATE" and _tagged(properties))
    return [(f"events:{name}", arn, None) for name in names]


def _subscription(what, properties, physical_id):
    asked = {key: [str(properties.get(key, ""))] for key in ("Protocol", "Endpoint")}
    name = {"CREATE": "Subscribe", "UPDATE": "SetSubscriptionAttributes", "DELETE": "Unsubscribe"}[what]
    return [(f"sns:{name}", properties["TopicArn"], topics.keys(asked) if what == "CREATE" else None)]


def _table(what, properties, physical_id):
    arn = _arn("dynamodb", f"table/{properties.get('TableName') or physical_id or '*'}")
    names = {"CREATE": ["CreateTable"], "UPDATE": ["UpdateTable"], "DELETE": ["DeleteTable"]}[what]
    if what != "DELETE":
        names += ["UpdateTimeToLive"] * ("TimeToLiveSpecification" in properties)
        names += ["UpdateContinuousBackups"] * ("PointInTimeRecoverySpecification" in properties)
    names += ["TagResource"] * bool(what == "CREATE" and _tagged(properties))
    return [(f"dynamodb:{name}", arn, None) for name in names]


def _queues(what, properties, physical_id):
    urls = properties.get("Queues") or []
    return [("sqs:SetQueueAttributes", _arn("sqs", url.rsplit("/", 1)[-1]), None) for url in urls]


def _topics(what, properties, physical_id):
    return [("sns:SetTopicAttributes", arn, None) for arn in properties.get("Topics") or []]


_CALLS = {
    "AWS::CloudWatch::Alarm": _simple(
        "cloudwatch",
        lambda asked, physical_id: _arn("cloudwatch", f"alarm:{asked.get('AlarmName') or physical_id or '*'}"),
        "PutMetricAlarm",
        "PutMetricAlarm",
        "DeleteAlarms",
        tags="TagResource",
    ),
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _bus,
    "AWS::Events::EventBusPolicy": _simple(
        "events",
        lambda asked, _: _arn("events", f"event-bus/{str(asked.get('EventBusName') or 'default').split('/')[-1]}"),
        "PutPermission",
        "PutPermission",
        "RemovePermission",
    ),
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventSourceMapping": _simple(
        "lambda",
        lambda *_: "*",
        "CreateEventSourceMapping",
        "UpdateEventSourceMapping",
        "DeleteEventSourceMapping",
    ),
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _simple(
        "lambda",
        lambda asked, _: _arn("lambda", f"function:{str(asked.get('FunctionName')).split(':function:')[-1]}"),
        "AddPermission",
        "AddPermission RemovePermission",
        "RemovePermission",
    ),
    "AWS::Logs::LogGroup": _simple(
        "logs",
        lambda asked, physical_id: _arn("logs", f"log-group:{asked.get('LogGroupName') or physical_id or '*'}"),
        "CreateLogGroup PutRetentionPolicy",
        "PutRetentionPolicy",
        "DeleteLogGroup",
        tags="TagResource",
    ),
    "AWS::S3::Bucket": _simple(
        "s3",
        lambda asked, physical_id: f"arn:aws:s3:::{asked.get('BucketName') or physical_id or '*'}",
        "CreateBucket",
        "",
        "DeleteBucket",
    ),
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _simple(
        "sns",
        lambda asked, physical_id: physical_id or _arn("sns", asked.get("TopicName") or "*"),
        "CreateTopic",
        "SetTopicAttributes",
        "DeleteTopic",
        tags="TagResource",
    ),
    "AWS::SNS::TopicPolicy": _topics,
    "AWS::SQS::Queue": _simple(
        "sqs",
        lambda asked, physical_id: _arn("sqs", asked.get("QueueName") or physical_id.rsplit("/", 1)[-1] or "*"),
        "CreateQueue",
        "SetQueueAttributes",
        "DeleteQueue",
        tags="TagQueue",
    ),
    "AWS::SQS::QueuePolicy": _queues,
}
