"""StackSets with service-managed permissions, whose stacks ministack's engine makes.

CloudFormation API Reference, CreateStackSet and what belongs to it; User Guide, Managing
stacks across accounts and Regions with StackSets: trusted access, delegated
administrators, accounts of organizational units without the management account, automatic
deployments to an account that joins, one operation of a set at a time, Failure
tolerance. ministack has none. What answers the calls is in stacksetcalls.py.
"""

import asyncio
import time
import uuid

from ministack.core.responses import now_iso, request_scope
from ministack.services import organizations as org
from ministack.services.cloudformation import handlers

from . import control, organizations, regions, stackrights

_PRINCIPALS = {"stacksets.cloudformation.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"}
_AUTOMATIC = ("AcceptHandshake", "CreateAccount", "MoveAccount", "RemoveAccountFromOrganization", "LeaveOrganization")

trusted = set()  # management accounts that let StackSets in
sets = {}  # (management account, region, name) and the set
_tasks = set()


def mend():
    control.ON_RESET += [trusted.clear, sets.clear, _cancel]
    for operation in _AUTOMATIC:
        if operation in org._DISPATCH:
            org._DISPATCH[operation] = _then_deploy(org._DISPATCH[operation])


def _cancel():
    for task in list(_tasks):
        task.cancel()


def is_delegated(account):
    return any((account, principal) in organizations.delegated_for for principal in _PRINCIPALS)


def find(management, region, name):
    found = sets.get((management, region, name.split(":")[0]))
    return found if found and name in (found["StackSetName"], found["StackSetId"]) else None


def busy(stack_set):
    return any(operation["Status"] == "RUNNING" for operation in stack_set["operations"].values())


def targets(stack_set, units, accounts=(), how="NONE"):
    """The accounts that are meant, each with its unit: not the management account."""
    management = stack_set["management"]
    members = {}
    with request_scope(management, stack_set["region"]):
        for unit in units:
            for account in _below(unit):
                if account != management:
                    members.setdefault(account, unit)
    if how == "INTERSECTION":
        return {account: unit for account, unit in members.items() if account in accounts}
    if how == "DIFFERENCE":
        return {account: unit for account, unit in members.items() if account not in accounts}
    return members


def _below(unit):
    found = [account for account, record in org._accounts.items() if record.get("_ParentId") == unit]
    for other, record in org._ous.items():
        if record.get("_ParentId") == unit:
            found += _below(other)
    return sorted(found)


def begin(stack_set, action, places, preferences=None, retain=False, operation_id=None):
    """Start an operation on places, each (account, region) with its unit, and give its id."""
    operation = {
        "OperationId": operation_id or str(uuid.uuid4()),
        "StackSetId": stack_set["StackSetId"],
        "Action": action,
        "Status": "RUNNING",
        "OperationPreferences": preferences or {},
        "RetainStacks": retain,
        "CreationTimestamp": now_iso(),
        "results": {place: {"Status": "PENDING", "OrganizationalUnitId": unit} for place, unit in places.items()},
    }
    stack_set["operations"][operation["OperationId"]] = operation
    for place, unit in places.items():
        if action != "DELETE":
            instance = stack_set["instances"].setdefault(place, {"OrganizationalUnitId": unit})
            instance.update(Status="OUTDATED", DetailedStatus="PENDING", StatusReason="User Initiated Operation")
    task = asyncio.get_running_loop().create_task(_run(stack_set, operation))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return operation["OperationId"]


async def _run(stack_set, operation):
    """Region by region, or all at once; what is over the tolerance stops the rest."""
    await asyncio.sleep(0)
    places, preferences = list(operation["results"]), operation["OperationPreferences"]
    of_region = {}
    for place in places:
        of_region.setdefault(place[1], []).append(place)
    failed = False
    if preferences.get("RegionConcurrencyType") == "PARALLEL":
        failed = any(await asyncio.gather(*(_region(stack_set, operation, at) for at in of_region.values())))
    else:
        for at in of_region.values():
            if failed:
                _cancelled(stack_set, operation, at)
            else:
                failed = await _region(stack_set, operation, at)
    operation["Status"], operation["EndTimestamp"] = "FAILED" if failed else "SUCCEEDED", now_iso()


async def _region(stack_set, operation, places):
    """The places of a region, and whether more of them failed than may."""
    may, failures = _tolerance(operation["OperationPreferences"], len(places)), 0
    for at, place in enumerate(places):
        result = operation["results"][place]
        result["Status"] = "RUNNING"
        try:
            await asyncio.create_task(_one(stack_set, operation, place))
            result["Status"] = "SUCCEEDED"
        except ValueError as failure:
            failures += 1
            result.update(Status="FAILED", StatusReason=str(failure))
            if place in stack_set["instances"]:
                stack_set["instances"][place].update(DetailedStatus="FAILED", StatusReason=str(failure))
        if failures > may:
            _cancelled(stack_set, operation, places[at + 1 :])
            return True
    return False


def _tolerance(preferences, places):
    if "FailureTolerancePercentage" in preferences:
        return int(preferences["FailureTolerancePercentage"]) * places // 100
    return int(preferences.get("FailureToleranceCount") or 0)


def _cancelled(stack_set, operation, places):
    words = "Cancelled since failure tolerance has exceeded"
    for place in places:
        operation["results"][place].update(Status="CANCELLED", StatusReason=words)
        if place in stack_set["instances"]:
            stack_set["instances"][place].update(DetailedStatus="CANCELLED", StatusReason=words)


async def _one(stack_set, operation, place):
    """One instance's stack, made, changed or deleted in its account and region."""
    account, region = place
    stackrights.as_service()
    instance = stack_set["instances"].get(place, {})
    instance["LastOperationId"] = operation["OperationId"]
    with request_scope(account, region):
        if not regions.is_enabled(region):
            raise ValueError(f"Account {account} has not enabled the Region {region}")
        if operation["Action"] == "DELETE":
            if instance.get("StackId") and not operation["RetainStacks"]:
                await _gone(instance["StackId"])
            stack_set["instances"].pop(place, None)
            return
        instance["DetailedStatus"] = "RUNNING"
        stack = handlers._resolve_stack(instance.get("StackId") or "")
        if stack and stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
            await _gone(stack["StackId"])
            stack = None
        name = stack["StackName"] if stack else f"StackSet-{stack_set['StackSetName']}-{uuid.uuid4()}"
        status, _, body = handlers._ACTION_HANDLERS["UpdateStack" if stack else "CreateStack"](_asked(stack_set, name))
        text = body.decode()
        if status != 200 and "No updates are to be performed" not in text:
            raise ValueError(text.split("<Message>")[1].split("</Message>")[0])
        instance["StackId"] = handlers._resolve_stack(name)["StackId"]
        await _settled(instance["StackId"])
    instance.update(Status="CURRENT", DetailedStatus="SUCCEEDED", StatusReason="")


def _asked(stack_set, name):
    asked = {"StackName": [name], "TemplateBody": [stack_set["TemplateBody"]]}
    for at, capability in enumerate(stack_set["Capabilities"], 1):
        asked[f"Capabilities.member.{at}"] = [capability]
    for at, tag in enumerate(stack_set["Tags"], 1):
        asked[f"Tags.member.{at}.Key"], asked[f"Tags.member.{at}.Value"] = [tag["Key"]], [tag["Value"]]
    for at, parameter in enumerate(stack_set["Parameters"], 1):
        asked[f"Parameters.member.{at}.ParameterKey"] = [parameter["Key"]]
        asked[f"Parameters.member.{at}.ParameterValue"] = [parameter["Value"]]
    return asked


async def _settled(stack_id):
    while True:
        stack = handlers._resolve_stack(stack_id)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        if not status.endswith("_IN_PROGRESS"):
            raise ValueError(f"ResourceLogicalId:{_blamed(stack_id)}")
        await asyncio.sleep(0.02)


def _blamed(stack_id):
    """The first failure of the stack in the words of StackSets."""
    from ministack.services import cloudformation

    for event in reversed(cloudformation._stack_events.get(stack_id) or []):
        if event["ResourceStatus"] == "DELETE_COMPLETE":
            continue
        if event["ResourceStatus"].endswith("_FAILED") and event["ResourceType"] != "AWS::CloudFormation::Stack":
            return (
                f"{event['LogicalResourceId']}, ResourceType:{event['ResourceType']}, "
                f"ResourceStatusReason:{event['ResourceStatusReason']}."
            )
    return "unknown."


async def _gone(stack_id):
    handlers._ACTION_HANDLERS["DeleteStack"]({"StackName": [stack_id]})
    while True:
        # The deletion begins a moment later: until then the status is what it was.
        await asyncio.sleep(0.02)
        stack = handlers._resolve_stack(stack_id)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if status == "DELETE_COMPLETE":
            return
        if status == "DELETE_FAILED":
            raise ValueError(f"ResourceLogicalId:{_blamed(stack_id)}")


def _then_deploy(answer):
    """After an account came, went or was moved: AutoDeployment."""

    def handle(payload):
        answered = answer(payload)
        if answered[0] == 200:
            for stack_set in list(sets.values()):
                if stack_set["AutoDeployment"].get("Enabled"):
                    task = asyncio.get_running_loop().create_task(_follow(stack_set))
                    _tasks.add(task)
                    task.add_done_callback(_tasks.discard)
        return answered

    return handle


async def _follow(stack_set):
    end = time.monotonic() + 60
    while busy(stack_set) and time.monotonic() < end:
        await asyncio.sleep(0.02)
    now = targets(stack_set, stack_set["OrganizationalUnitIds"])
    new = {
        (account, region): unit
        for account, unit in now.items()
        for region in stack_set["Regions"]
        if (account, region) not in stack_set["instances"]
    }
    old = {place: one["OrganizationalUnitId"] for place, one in stack_set["instances"].items() if place[0] not in now}
    if new:
        await _awaited(stack_set, begin(stack_set, "CREATE", new))
    if old:
        begin(stack_set, "DELETE", old, retain=stack_set["AutoDeployment"].get("RetainStacksOnAccountRemoval", False))


async def _awaited(stack_set, operation_id):
    while stack_set["operations"][operation_id]["Status"] == "RUNNING":
        await asyncio.sleep(0.02)
