"""Resources that CloudFormation makes by the calls of their services, where ministack writes its stores.

CloudFormation Template Reference, one page for each type: what the call refuses fails the
resource, and each property is there afterwards. The words of a failure are those of its
resource handlers: CloudFormation User Guide, Troubleshooting, and CLI User Guide for
Extension Development, Handler error codes.
"""

import base64
import json
import re
import uuid

from ministack.services import eventbridge as bridge
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from . import services

_CODES = {400: "InvalidRequest", 403: "AccessDenied", 404: "NotFound", 409: "AlreadyExists"}
_FUNCTION = (
    "Runtime Role Handler Description Timeout MemorySize Environment DeadLetterConfig TracingConfig Layers "
    "Architectures EphemeralStorage LoggingConfig PackageType KmsKeyArn"
).split()

# Properties whose change makes a new resource, of types where ministack does not know:
# "Update requires: Replacement" on each type's page.
_REPLACING = {
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::Events::EventBus": ("Name",),
    "AWS::Events::EventBusPolicy": ("EventBusName", "StatementId"),
    "AWS::Events::Rule": ("Name",),
    "AWS::Lambda::EventSourceMapping": ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp"),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SNS::Subscription": ("Endpoint", "Protocol", "TopicArn"),
    "AWS::SNS::TopicPolicy": (),
    "AWS::SQS::QueuePolicy": (),
}


def mend():
    provisioners._REPLACING_PROPERTIES.update(_REPLACING)
    put("AWS::Lambda::Function", create=_function, update=_update_function)
    put("AWS::Events::Rule", create=_rule, update=_update_rule, delete=_delete_rule)


def handlers(kind, *names):
    """What makes, changes or deletes the resources of a type."""
    found = provisioners._RESOURCE_HANDLERS[kind]
    return tuple(found[name] for name in names)


def put(kind, **changed):
    provisioners._RESOURCE_HANDLERS[kind] = {**provisioners._RESOURCE_HANDLERS.get(kind, {}), **changed}


def failure(code, words):
    """A failure in the words of a resource handler."""
    return ValueError(
        f'Resource handler returned message: "{words}" (RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})'
    )


def done(answer):
    """What a call answered; or the failure of the resource that it was made for."""
    status, _, body = answer
    text = body.decode() if isinstance(body, bytes) else body
    if status < 400:
        return json.loads(text) if text.startswith("{") else text
    words = text
    if text.startswith("{"):
        told = json.loads(text)
        words = told.get("message") or told.get("Message") or told.get("__type", "")
    elif "<Message>" in text:
        words = re.search("<Message>(.*?)</Message>", text, re.DOTALL)[1]
    code = (
        "AlreadyExists"
        if "xist" in words and "not exist" not in words
        else _CODES.get(status, "GeneralServiceException")
    )
    raise failure(code, f"{words} (Service: AWS, Status Code: {status}, Request ID: {uuid.uuid4()})")


def _function(logical_id, properties, stack):
    name = properties.get("FunctionName") or provisioners._physical_name(stack, logical_id, max_len=64)
    asked = {key: properties[key] for key in _FUNCTION if key in properties}
    asked |= {key: int(asked[key]) for key in ("Timeout", "MemorySize") if key in asked}
    code = dict(properties.get("Code") or {})
    if code.get("ZipFile"):
        inline = provisioners._zip_inline(code["ZipFile"], asked.get("Handler", ""), asked.get("Runtime", ""))
        code["ZipFile"] = base64.b64encode(inline).decode()
    elif code.get("S3Bucket"):
        _in_s3(code)
    if not services.takes("lambda.amazonaws.com", asked.get("Role"), {}):
        raise failure("InvalidRequest", "The role defined for the function cannot be assumed by Lambda.")
    asked |= {"FunctionName": name, "Code": code, "Tags": provisioners._tag_map(properties.get("Tags"))}
    made = done(lambda_svc._create_function(asked))
    _active(name)
    _reserve(name, properties)
    return name, {"Arn": made["FunctionArn"]}


def _in_s3(code):
    region = lambda_svc.s3_code_region_message(code["S3Bucket"])
    if region:
        raise failure("InvalidRequest", region)
    if lambda_svc._fetch_code_from_s3(code["S3Bucket"], code.get("S3Key", ""), code.get("S3ObjectVersion")) is None:
        raise failure(
            "InvalidRequest",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: "
            "The specified key does not exist.",
        )


def _active(name):
    """CloudFormation waits until the function is; nobody else sees it before."""
    config = lambda_svc._functions[name]["config"]
    config.update(State="Active", LastUpdateStatus="Successful")
    for key in ("StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"):
        config.pop(key, None)


def _reserve(name, properties):
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        lambda_svc._delete_function_concurrency(name)
    else:
        lambda_svc._put_function_concurrency(name, {"ReservedConcurrentExecutions": int(reserved)})


_changed_function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]["update"]


def _update_function(physical_id, old, new, stack, logical_id=None):
    if new.get("Code") != old.get("Code") and (new.get("Code") or {}).get("S3Bucket"):
        _in_s3(new["Code"])
    name, attributes = _changed_function(physical_id, old, new, stack, logical_id)
    done(lambda_svc._update_config(name, {"DeadLetterConfig": new.get("DeadLetterConfig") or {}}))
    _active(name)
    _reserve(name, new)
    return name, attributes


def _rule(logical_id, properties, stack):
    name = properties.get("Name") or provisioners._physical_name(stack, logical_id, max_len=64)
    bridge._ensure_default_bus()
    bus = provisioners._eb_rule_bus_name(properties)
    if bridge._rule_key(name, bus) in bridge._rules:
        raise failure("AlreadyExists", f"Rule {name} already exists on event bus {bus}")
    pattern = properties.get("EventPattern", "")
    asked = {
        key: properties[key] for key in ("State", "Description", "ScheduleExpression", "RoleArn") if key in properties
    }
    asked |= {"Name": name, "EventBusName": bus}
    asked["EventPattern"] = json.dumps(pattern) if isinstance(pattern, dict) else pattern
    made = done(bridge._put_rule(asked))
    targets = properties.get("Targets") or []
    try:
        if targets:
            done(bridge._put_targets({"Rule": name, "EventBusName": bus, "Targets": targets}))
    except ValueError:
        bridge._delete_rule({"Name": name, "EventBusName": bus})
        raise
    provisioners._eb_rule_apply_tags(made["RuleArn"], [], properties.get("Tags") or [])
    return _rule_id(name, bus), {"Arn": made["RuleArn"]}


def _rule_id(name, bus):
    """What Ref gives: of a bus that is not the default, its name before."""
    return name if bus == "default" else f"{bus}|{name}"


_changed_rule, _deleted_rule = handlers("AWS::Events::Rule", "update", "delete")


def _update_rule(physical_id, old, new, stack, logical_id=None):
    name, attributes = _changed_rule(physical_id.split("|")[-1], old, new, stack, logical_id)
    return _rule_id(name, provisioners._eb_rule_bus_name(new)), {"Arn": attributes["Arn"]}


def _delete_rule(physical_id, properties):
    _deleted_rule(physical_id.split("|")[-1], properties)
