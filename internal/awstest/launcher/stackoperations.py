"""Operations on stacks that take a while, fail, or meet another's.

CloudFormation API Reference and User Guide, Stack status codes, Update behaviours of
stack resources, Using change sets: a stack at which something is in progress takes no
other operation, one in ROLLBACK_COMPLETE only its deletion; another change set on a
stack in REVIEW_IN_PROGRESS is one of the same stack; an update tells events of what it
changes, of what it makes as CREATE_…. Change sets are told in pages, and listed by the
stack's ARN, too. What fails, and how long a resource takes, a test says.
"""

import time

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, helpers, stacks

from . import control, stackresources, stackrights

_takes = {"seconds": 0}
_failing = []  # (type, CREATE | UPDATE | DELETE, reason), each once
_PAGE = 50
_CHANGEABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
_GONE = {None, "DELETE_COMPLETE"}

# How an event is told, before this module.
_tell = stacks._add_event
# Events of an update that are not told yet: it may turn out that nothing is to change.
_held = {}
# What an update made anew, whose events are CREATE_…, and what it left as it is.
_made, _left = set(), set()


def mend():
    control.ROUTES["fail-resource"] = lambda question: _failing.append(tuple(question)) or {}
    control.ROUTES["stack-time"] = lambda question: _takes.update(question) or {}
    control.ON_RESET += [_failing.clear, lambda: _takes.update(seconds=0), _held.clear, _made.clear, _left.clear]
    _resources()
    _events()
    actions = handlers._ACTION_HANDLERS
    actions["CreateStack"] = _create(actions["CreateStack"])
    actions["UpdateStack"] = _update(actions["UpdateStack"])
    actions["DeleteStack"] = _delete(actions["DeleteStack"])
    actions["CreateChangeSet"] = _create_change_set(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = _execute(actions["ExecuteChangeSet"])
    actions["DescribeChangeSet"] = _describe(actions["DescribeChangeSet"])
    actions["ListChangeSets"] = _by_name(actions["ListChangeSets"])


def _resources():
    """Each resource takes its time on a thread of its own, and fails if a test said so."""
    blocks, provision, update, delete = (
        stacks._runs_on_worker_thread,
        stacks._provision_resource,
        stacks._update_resource,
        stacks._delete_resource,
    )

    def make(kind, logical_id, properties, stack):
        _told(stack, logical_id, made=True)
        # What has no name of its own gets one that begins so (Template Reference, Name type).
        stackrights.ask("CREATE", kind, properties, f"{stack}-{logical_id}-*")
        _spend("CREATE", kind)
        return provision(kind, logical_id, properties, stack)

    def change(kind, physical_id, old, new, stack, logical_id=None, attributes=None):
        if old == new:
            _leave(stack, logical_id)
        else:
            _told(stack, logical_id)
            stackrights.ask("UPDATE", kind, new, physical_id)
            _spend("UPDATE", kind)
        return update(kind, physical_id, old, new, stack, logical_id, attributes)

    def remove(kind, physical_id, properties, stack=None, logical_id=None):
        stackrights.ask("DELETE", kind, properties, physical_id)
        _spend("DELETE", kind)
        return delete(kind, physical_id, properties, stack, logical_id)

    stacks._runs_on_worker_thread = lambda kind: _takes["seconds"] > 0 or blocks(kind)
    stacks._provision_resource, stacks._update_resource, stacks._delete_resource = make, change, remove


def _spend(what, kind):
    time.sleep(_takes["seconds"])
    for failing in _failing:
        if failing[:2] == (kind, what):
            _failing.remove(failing)
            raise stackresources.failure("GeneralServiceException", failing[2])


def _events():
    def add(stack_id, stack, logical_id, kind, status, reason="", physical_id="", detailed_status=""):
        at = stack_id, logical_id
        if status == "UPDATE_IN_PROGRESS" and not reason and kind != "AWS::CloudFormation::Stack":
            _held[at] = (stack_id, stack, logical_id, kind, status, reason, physical_id, detailed_status)
            return
        if at in _held:
            _tell(*_held.pop(at))
        if at in _left and status == "UPDATE_COMPLETE":
            _left.discard(at)
            return
        if at in _made and status in ("UPDATE_COMPLETE", "UPDATE_FAILED"):
            _made.discard(at)
            status = status.replace("UPDATE", "CREATE")
        _tell(stack_id, stack, logical_id, kind, status, reason, physical_id, detailed_status)

    stacks._add_event = add


def _told(stack, logical_id, made=False):
    at = _at(stack, logical_id)
    if at in _held:
        event = list(_held.pop(at))
        if made:
            event[4] = "CREATE_IN_PROGRESS"
            _made.add(at)
        _tell(*event)


def _leave(stack, logical_id):
    at = _at(stack, logical_id)
    if _held.pop(at, None):
        _left.add(at)


def _at(stack, logical_id):
    return (cloudformation._stacks.get(stack) or {}).get("StackId"), logical_id


def _stack(params):
    return handlers._resolve_stack(helpers._p(params, "StackName"))


def _invalid(words):
    return helpers._error("ValidationError", words)


def _busy(stack):
    return _invalid(f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated.")


def _create(answer):
    def create(params):
        stack = _stack(params)
        if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":
            return helpers._error("AlreadyExistsException", f"Stack [{stack['StackName']}] already exists")
        return answer(params)

    return create


def _update(answer):
    def update(params):
        stack = _stack(params)
        if stack and stack["StackStatus"] not in _CHANGEABLE | _GONE:
            return _busy(stack)
        return answer(params)

    return update


def _delete(answer):
    def delete(params):
        stack = _stack(params)
        status = stack["StackStatus"] if stack else ""
        if status.startswith("UPDATE_") and status.endswith("_IN_PROGRESS"):
            return _invalid(f"Stack [{stack['StackId']}] cannot be deleted while in status {status}")
        if status == "DELETE_IN_PROGRESS":
            return helpers._xml(200, "DeleteStackResponse", "")
        return answer(params)

    return delete


def _create_change_set(answer):
    def create(params):
        stack = _stack(params)
        status = stack["StackStatus"] if stack else None
        if status in _GONE or status in _CHANGEABLE:
            return answer(params)
        if status != "REVIEW_IN_PROGRESS" or helpers._p(params, "ChangeSetType", "UPDATE") != "CREATE":
            return _busy(stack)
        name, kept = stack["StackName"], stack["StackId"]
        status, headers, body = answer(params)
        made, cloudformation._stacks[name] = cloudformation._stacks.get(name), stack
        if not made or made is stack:
            return status, headers, body
        cloudformation._stack_events.pop(made["StackId"], None)
        for change_set in cloudformation._change_sets.values():
            if change_set["StackId"] == made["StackId"]:
                change_set["StackId"] = kept
        return status, headers, body.replace(made["StackId"].encode(), kept.encode())

    return create


def _execute(answer):
    def execute(params):
        name = helpers._p(params, "ChangeSetName")
        _, found = changesets._find_change_set(name, (_stack(params) or {}).get("StackName", ""))
        stack = found and cloudformation._stacks.get(found["StackName"])
        if found and found["ExecutionStatus"] != "AVAILABLE":
            words = f"cannot be executed in its current execution status of [{found['ExecutionStatus']}]"
            return helpers._error("InvalidChangeSetStatus", f"ChangeSet [{found['ChangeSetId']}] {words}")
        if stack and stack["StackStatus"] not in _CHANGEABLE | {"REVIEW_IN_PROGRESS"}:
            return _busy(stack)
        return answer(_named(params))

    return execute


def _describe(answer):
    def describe(params):
        params = _named(params)
        _, found = changesets._find_change_set(helpers._p(params, "ChangeSetName"), helpers._p(params, "StackName"))
        if not found:
            return answer(params)
        whole, at = found["Changes"], int(helpers._p(params, "NextToken") or 0)
        found["Changes"] = whole[at : at + _PAGE]
        try:
            status, headers, body = answer(params)
        finally:
            found["Changes"] = whole
        if at + _PAGE < len(whole):
            end = b"</DescribeChangeSetResult>"
            body = body.replace(end, f"<NextToken>{at + _PAGE}</NextToken>".encode() + end)
        return status, headers, body

    return describe


def _by_name(answer):
    return lambda params: answer(_named(params))


def _named(params):
    """The parameters with the stack's name in place of its ARN."""
    stack = _stack(params)
    return params | {"StackName": [stack["StackName"]]} if stack else params
