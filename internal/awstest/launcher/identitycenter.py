"""IAM Identity Center, as far as names are read from it.

ministack has none. SSO Admin API Reference, ListInstances; Identity Store API
Reference, ListUsers and DescribeUser. A test puts an instance and its users with
POST /_awstest/identity-center.
"""

import json

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, get_account_id, get_region

from . import control, pages

_PAGE = 100

# (account, region) and its instance, with its users.
_instances = {}


def mend():
    _serve("sso-admin", "sso", "SWBExternalService", {"ListInstances": _list_instances})
    _serve(
        "identitystore", "identitystore", "AWSIdentityStore", {"ListUsers": _list_users, "DescribeUser": _describe_user}
    )
    control.ROUTES["identity-center"] = _put
    control.ON_RESET.append(_instances.clear)


def _serve(service, namespace, target, operations):
    """Add a service of the JSON protocol: its routing, its permissions, its answers."""
    router.SERVICE_PATTERNS[service] = {"target_prefixes": [target + "."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = namespace

    async def handle(method, path, headers, body, query):
        operation = headers.get("x-amz-target", "").partition(".")[2]
        answer = operations.get(operation)
        if answer is None:
            return error_response_json("UnknownOperationException", f"{service} has no {operation} here", 400)
        return answer(json.loads(body or b"{}"))

    app.SERVICE_HANDLERS[service] = handle


def _put(question):
    account, region, store = question["account"], question["region"], question["identityStoreId"]
    _instances[account, region] = {
        "instance": {
            "InstanceArn": "arn:aws:sso:::instance/ssoins-" + store.removeprefix("d-").zfill(16),
            "IdentityStoreId": store,
            "OwnerAccountId": account,
            "Status": "ACTIVE",
        },
        "users": [dict(user, IdentityStoreId=store) for user in question.get("users") or []],
    }
    return {}


def _json(document):
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()


def _list_instances(question):
    found = _instances.get((get_account_id(), get_region()))
    return _json({"Instances": [found["instance"]] if found else []})


def _users(question):
    found = _instances.get((get_account_id(), get_region()))
    if found is None or question.get("IdentityStoreId") != found["instance"]["IdentityStoreId"]:
        return None
    return found["users"]


def _list_users(question):
    users = _users(question)
    if users is None:
        return error_response_json("ResourceNotFoundException", "IDENTITY_STORE not found.", 400)
    for wanted in question.get("Filters") or []:
        users = [user for user in users if user.get(wanted["AttributePath"]) == wanted["AttributeValue"]]
    return _json(pages.cut("Users", users, question, _PAGE))


def _describe_user(question):
    for user in _users(question) or []:
        if user["UserId"] == question.get("UserId"):
            return _json(user)
    return error_response_json("ResourceNotFoundException", "USER not found.", 400)
