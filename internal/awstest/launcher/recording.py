"""CloudTrail records of the calls that are made here, while a test wants them.

ministack's own name the caller wrongly, and leave out AssumeRole and what was
denied. These have the form of the CloudTrail User Guide, CloudTrail record contents:
management events, the caller as it signed, and a cross-account AssumeRole in both
accounts. Each goes into the event history, to EventBridge and, when a test has log
files delivered, into the buckets of the trails.
"""

import json
import re
import time
import uuid
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_evaluator as evaluator
from ministack.core import responses
from ministack.services import iam, sts

from . import control, delivery, events, history

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_READS = ("Get", "List", "Describe", "Lookup", "Head")
_ISSUES = ("AssumeRole", "GetSessionToken", "GetFederationToken")
# Data events, which a trail has only where it was told to.
_DATA = {
    "dynamodb": "BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query Scan TransactGetItems "
    "TransactWriteItems UpdateItem",
    "events": "PutEvents",
    "lambda": "Invoke",
    "logs": "FilterLogEvents GetLogEvents PutLogEvents",
    "monitoring": "PutMetricData",
    "sns": "Publish PublishBatch",
    "sqs": "ChangeMessageVisibility DeleteMessage DeleteMessageBatch ReceiveMessage SendMessage SendMessageBatch",
}
# The services that have one place: their records are of us-east-1.
_GLOBAL = {"iam", "organizations"}

_on = []  # holds one thing while calls are recorded


def mend():
    control.ROUTES["record"] = _switch
    control.ON_RESET.append(_on.clear)
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        answer = await original(method, path, headers, body, query, request_id)
        if _on:
            for record in _records(method, path, headers, body, query, request_id, answer):
                history.put(record)
                events.emit(record)
                delivery.keep(record)
        return answer

    app._dispatch_service_request = dispatch


def _switch(question):
    _on[:] = [True] if question["on"] else []
    return {}


def _records(method, path, headers, body, query, request_id, answer):
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    if not signed:
        return
    key, region, service = signed.groups()
    account = responses._account_from_sts_session(key) or evaluator.find_iam_access_key_account(key) or key
    form = {}
    if "x-www-form" in headers.get("content-type", ""):
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    name = form.get("Action") or app._ct_event_name(service, method, path, headers, query)
    in_object = service == "s3" and "/" in path.strip("/")
    identity = _identity(key, account)
    if identity is None or "." in name or in_object or name in _DATA.get(service, "").split():
        return
    record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": _time(time.time()),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1" if service in _GLOBAL else region,
        "sourceIPAddress": responses.get_request_client_ip(),
        "userAgent": headers.get("user-agent", ""),
        "requestParameters": _parameters(service, form, body),
        "responseElements": None,
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": name in _ISSUES or name.startswith(_READS),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    text = answer[2].decode("utf-8", "replace") if isinstance(answer[2], bytes) else ""
    if answer[0] >= 400:
        record["errorCode"], record["errorMessage"] = _failure(text, answer[0])
    elif name in _ISSUES:
        record["responseElements"] = _issued(text)
    role = form.get("RoleArn", "") if name == "AssumeRole" and answer[0] < 400 else ""
    if role:
        owner = role.split(":")[4]
        record["resources"] = [{"accountId": owner, "type": "AWS::IAM::Role", "ARN": role}]
        if owner != account:
            record["sharedEventID"] = str(uuid.uuid4())
            yield {
                **record,
                "userIdentity": {"type": "AWSAccount", "principalId": identity["principalId"], "accountId": account},
                "eventID": str(uuid.uuid4()),
                "recipientAccountId": owner,
            }
    yield record


def _time(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _identity(key, account):
    """Who signed: CloudTrail User Guide, userIdentity element."""
    caller = evaluator.resolve_credential(key, account)
    if isinstance(caller, evaluator.CredentialResolutionError):
        return None
    identity = {
        "type": {"User": "IAMUser"}.get(caller.principal_type, caller.principal_type),
        "principalId": caller.principal_id,
        "arn": caller.principal_arn,
        "accountId": caller.account_id,
        "accessKeyId": key,
    }
    if caller.principal_type == "User":
        identity["userName"] = caller.principal_name
    session = sts._sessions.get(key)
    if session is None:
        return identity
    attributes = {"creationDate": _time(session["IssuedAt"]), "mfaAuthenticated": "false"}
    identity["sessionContext"] = {"attributes": attributes}
    if caller.principal_type == "AssumedRole":
        name = caller.principal_arn.split("/")[1]
        role = iam._roles.get_scoped(caller.account_id, None, name) or {}
        identity["sessionContext"]["sessionIssuer"] = {
            "type": "Role",
            "principalId": caller.principal_id.partition(":")[0],
            "arn": role.get("Arn", f"arn:aws:iam::{caller.account_id}:role/{name}"),
            "accountId": caller.account_id,
            "userName": name,
        }
    return identity


def _parameters(service, form, body):
    asked = {name: value for name, value in form.items() if name not in ("Action", "Version", "TokenCode")}
    if not form and service != "s3" and body.startswith(b"{"):
        asked = json.loads(body)
    return {name[0].lower() + name[1:]: value for name, value in asked.items()} or None


def _element(text, name):
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1] if found else None


def _failure(text, status):
    if text.startswith("{"):
        answer = json.loads(text)
        return str(answer.get("__type", status)).split("#")[-1], answer.get("message") or answer.get("Message")
    return _element(text, "Code") or str(status), _element(text, "Message")


def _issued(text):
    end = time.strptime(_element(text, "Expiration")[:19], "%Y-%m-%dT%H:%M:%S")
    elements = {
        "credentials": {
            "accessKeyId": _element(text, "AccessKeyId"),
            "sessionToken": _element(text, "SessionToken"),
            "expiration": time.strftime("%b %d, %Y, %I:%M:%S %p", end),
        }
    }
    if "<AssumedRoleUser>" in text:
        elements["assumedRoleUser"] = {"assumedRoleId": _element(text, "AssumedRoleId"), "arn": _element(text, "Arn")}
    return elements
