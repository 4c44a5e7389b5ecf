"""Change sets that look at what is there, and put back what was changed by hand.

CloudFormation API Reference, CreateChangeSet, DeploymentMode REVERT_DRIFT, and User Guide,
Using drift-aware change sets: actual state, last deployment and template are compared,
as far as a template sets a property; a resource that was deleted is made again; what
fails is taken back to what was there. ministack detects drift, and has no such change sets.
"""

import json
import re

from ministack.services import cloudformation, lambda_svc
from ministack.services import eventbridge as bridge
from ministack.services.cloudformation import changesets, drift, handlers, helpers, provisioners

_DELETED = "DELETED"
# The stack whose drift the change set that is being made looks at.
_looking = []
# What each such change set found, by its ARN: logical id -> the properties that are others.
_found = {}


def mend():
    drift._DRIFT_READERS["AWS::Events::Rule"] = (_rule, frozenset({"State", "EventPattern"}))
    drift._DRIFT_READERS["AWS::Events::EventBusPolicy"] = (_bus_policy, frozenset())
    drift._DRIFT_READERS["AWS::Lambda::EventSourceMapping"] = (_source, frozenset({"Enabled"}))
    compare, actions = changesets._diff_resources, handlers._ACTION_HANDLERS

    def differences(old, new, *rest, **named):
        for logical_id, actual in (_looking[-1] if _looking else {}).items():
            resource = old.get("Resources", {}).get(logical_id)
            if resource and actual is _DELETED:
                del old["Resources"][logical_id]
            elif resource:
                old["Resources"][logical_id] = {**resource, "Properties": {**resource["Properties"], **actual}}
        changes = compare(old, new, *rest, **named)
        for change in changes:
            _values(change["ResourceChange"], old, new)
        return changes

    changesets._diff_resources = differences
    actions["CreateChangeSet"] = _create(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = _execute(actions["ExecuteChangeSet"])
    actions["DescribeChangeSet"] = _describe(actions["DescribeChangeSet"])


def _rule(physical_id, properties):
    rule = bridge._rules.get(bridge._rule_key(physical_id.split("|")[-1], provisioners._eb_rule_bus_name(properties)))
    return rule and {"State": rule["State"], "EventPattern": json.loads(rule["EventPattern"])}


def _bus_policy(physical_id, properties):
    bus, _, sid = physical_id.partition("|")
    statements = (bridge._event_bus_policies.get(bus) or {}).get("Statement", [])
    return {} if any(one.get("Sid") == sid for one in statements) else None


def _source(physical_id, properties):
    mapping = lambda_svc._esms.get(physical_id)
    return mapping and {"Enabled": mapping["Enabled"]}


def _drifted(stack):
    """What of a stack is not as it was deployed."""
    all = {}
    for logical_id, record in stack.get("_resources", {}).items():
        if not drift.supports_drift(record["ResourceType"]):
            continue
        told = drift.detect_resource_drift(stack, logical_id, record, "")
        if told["StackResourceDriftStatus"] == "DELETED":
            all[logical_id] = _DELETED
        elif told["StackResourceDriftStatus"] == "MODIFIED":
            actual = json.loads(told["ActualProperties"])
            names = {one["PropertyPath"].split("/")[1] for one in told["PropertyDifferences"]} - {"Tags"}
            if names:
                all[logical_id] = {name: actual.get(name) for name in names}
    return all


def _create(answer):
    def create(params):
        stack = handlers._resolve_stack(helpers._p(params, "StackName"))
        if helpers._p(params, "DeploymentMode") != "REVERT_DRIFT" or not stack:
            return answer(params)
        with changesets._stack_region_context(stack, stack["StackId"]):
            found = _drifted(stack)
        _looking.append(found)
        try:
            status, headers, body = answer(params)
        finally:
            _looking.pop()
        if status == 200:
            _found[re.search(rb"<Id>(.*?)</Id>", body)[1].decode()] = found
        return status, headers, body

    return create


def _execute(answer):
    """The update begins at what is there, so that it changes that, or takes it back to that."""

    def execute(params):
        id, found = changesets._find_change_set(helpers._p(params, "ChangeSetName"))
        stack = found and cloudformation._stacks.get(found["StackName"])
        if stack and found["ExecutionStatus"] == "AVAILABLE":
            for logical_id, actual in _found.pop(id, {}).items():
                record = stack["_resources"].get(logical_id)
                if record and actual is _DELETED:
                    del stack["_resources"][logical_id]
                elif record:
                    record["Properties"] = {**record["Properties"], **actual}
        return answer(params)

    return execute


def _values(change, old, new):
    """The values of a property, where they are known (ResourceTargetDefinition)."""
    id = change["LogicalResourceId"]
    for detail in change.get("Details", []):
        target = detail["Target"]
        if detail["Evaluation"] != "Static" or "Name" not in target:
            continue
        for of, key in (old, "BeforeValue"), (new, "AfterValue"):
            value = of["Resources"][id].get("Properties", {}).get(target["Name"])
            if value is not None:
                target[key] = value if isinstance(value, str) else json.dumps(value)


def _describe(answer):
    def describe(params):
        status, headers, body = answer(params)
        id, found = changesets._find_change_set(helpers._p(params, "ChangeSetName"))
        if status != 200 or not found:
            return status, headers, body
        at = int(helpers._p(params, "NextToken") or 0)
        changes = [one["ResourceChange"] for one in found["Changes"][at:]]
        drifted = _found.get(id)
        if drifted is not None:
            told = iter(changes)
            body = re.sub(b"</ResourceChange>", lambda end: _status(next(told), drifted) + end[0], body)
        if helpers._p(params, "IncludePropertyValues") == "true":
            targets = iter([one["Target"] for change in changes for one in change.get("Details", [])])
            body = re.sub(b"</Target>", lambda end: _told(next(targets)) + end[0], body)
        return status, headers, body

    return describe


def _status(change, drifted):
    actual = drifted.get(change["LogicalResourceId"])
    status = _DELETED if actual is _DELETED else "MODIFIED" if actual else "IN_SYNC"
    return f"<ResourceDriftStatus>{status}</ResourceDriftStatus>".encode()


def _told(target):
    keys = [key for key in ("BeforeValue", "AfterValue") if key in target]
    return "".join(f"<{key}>{helpers._esc(target[key])}</{key}>" for key in keys).encode()
