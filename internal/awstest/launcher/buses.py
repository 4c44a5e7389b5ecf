"""Event buses with policies, by PutPermission and by CloudFormation.

EventBridge API Reference, PutPermission: Policy is a whole document in place of what
was there; or a statement is made of Action, Principal and Condition. 10 KB at most.
CloudFormation Template Reference, AWS::Events::EventBus (Policy) and
AWS::Events::EventBusPolicy. ministack makes a statement for everybody of each, and has
no such resource.
"""

import json

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import eventbridge as bridge

from . import documents, stackresources

_MOST = 10240


def mend():
    bridge._put_permission = _put_permission
    created, updated = stackresources.handlers("AWS::Events::EventBus", "create", "update")

    def create(logical_id, properties, stack):
        made = created(logical_id, properties, stack)
        _policy_of(made[0], properties)
        return made

    def update(physical_id, old, new, stack):
        made = updated(physical_id, old, new, stack)
        if new.get("Policy") is None:
            bridge._event_bus_policies.pop(made[0], None)
        _policy_of(made[0], new)
        return made

    stackresources.put("AWS::Events::EventBus", create=create, update=update)
    stackresources.put("AWS::Events::EventBusPolicy", create=_create, update=_update, delete=_delete)


def _policy_of(bus, properties):
    if properties.get("Policy") is not None:
        stackresources.done(_put_permission({"EventBusName": bus, "Policy": json.dumps(properties["Policy"])}))


def _put_permission(data):
    bridge._ensure_default_bus()
    bus, refused = bridge._event_bus_name_from_ref(data.get("EventBusName") or "default")
    if refused or bus not in bridge._event_buses:
        return error_response_json("ResourceNotFoundException", f"Event bus {bus} does not exist.", 400)
    if data.get("Policy") is None:
        document = _with_statement(bus, data.get("StatementId"), _statement(bus, data))
    else:
        document = documents.parsed(data["Policy"])
        if document is None:
            return error_response_json("ValidationException", "The policy is not a valid JSON policy document.", 400)
    if len(json.dumps(document)) > _MOST:
        return error_response_json("PolicyLengthExceededException", f"Policy length is more than {_MOST}.", 400)
    bridge._event_bus_policies[bus] = document
    return json_response({})


def _statement(bus, data):
    principal, condition = data.get("Principal", "*"), data.get("Condition")
    statement = {
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": data.get("Action") or "events:PutEvents",
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}",
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _with_statement(bus, sid, statement):
    others = [one for one in (bridge._event_bus_policies.get(bus) or {}).get("Statement", []) if one.get("Sid") != sid]
    statements = others + ([{"Sid": sid, **statement}] if statement else [])
    return {"Version": "2012-10-17", "Statement": statements}


def _create(logical_id, properties, stack):
    bus, sid = properties.get("EventBusName") or "default", properties["StatementId"]
    name, refused = bridge._event_bus_name_from_ref(bus)
    if refused or name not in bridge._event_buses:
        raise stackresources.failure("NotFound", f"Event bus {bus} does not exist.")
    statement = properties.get("Statement") or _statement(name, properties)
    document = _with_statement(name, sid, {key: value for key, value in statement.items() if key != "Sid"})
    stackresources.done(_put_permission({"EventBusName": name, "Policy": json.dumps(document)}))
    return f"{name}|{sid}", {}


def _update(physical_id, old, new, stack):
    made = _create("", new, stack)
    if made[0] != physical_id:
        _delete(physical_id, old)
    return made


def _delete(physical_id, properties):
    name, _, sid = physical_id.partition("|")
    if name in bridge._event_bus_policies:
        document = _with_statement(name, sid, None)
        if document["Statement"]:
            bridge._event_bus_policies[name] = document
        else:
            del bridge._event_bus_policies[name]
