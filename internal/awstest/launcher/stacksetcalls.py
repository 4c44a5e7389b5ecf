"""The calls of StackSets, and their answers: CloudFormation API Reference. See stacksets.py."""

import uuid

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import handlers, helpers

from . import organizations, stacksets

_p, _error = helpers._p, helpers._error
_ACCESS = "You must enable organizations access to operate a service managed stack set"
_BUSY = "Another Operation on StackSet {} is in progress. Only one operation can be performed for a stack set at a time"
_PAGE = 100


class _Refused(Exception):
    """An answer that is an error: code, words, status."""


def mend():
    calls = {
        "ActivateOrganizationsAccess": _activate,
        "DeactivateOrganizationsAccess": _deactivate,
        "DescribeOrganizationsAccess": _access,
        "CreateStackSet": _create,
        "DescribeStackSet": _describe,
        "ListStackSets": _list,
        "UpdateStackSet": _update,
        "DeleteStackSet": _delete,
        "CreateStackInstances": _create_instances,
        "DeleteStackInstances": _delete_instances,
        "ListStackInstances": _instances,
        "DescribeStackInstance": _instance,
        "DescribeStackSetOperation": _operation,
        "ListStackSetOperations": _operations,
        "ListStackSetOperationResults": _results,
    }
    for name, answer in calls.items():
        handlers._ACTION_HANDLERS[name] = _answering(name, answer)


def _answering(name, answer):
    def handle(params):
        try:
            found = answer(params)
        except _Refused as refusal:
            return _error(*refusal.args)
        return helpers._xml(200, f"{name}Response", f"<{name}Result>{_xml(found or {})}</{name}Result>")

    return handle


def _xml(value):
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(one)}</{key}>" for key, one in value.items() if one is not None)
    if isinstance(value, (list, tuple)):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    return str(value).lower() if isinstance(value, bool) else helpers._esc(str(value))


def _listed(params, key):
    found = []
    while _p(params, f"{key}.member.{len(found) + 1}"):
        found.append(_p(params, f"{key}.member.{len(found) + 1}"))
    return found


def _management(params):
    """The account whose sets are meant, by CallAs; refused for who may not."""
    account = get_account_id()
    if _p(params, "CallAs") == "DELEGATED_ADMIN":
        if not stacksets.is_delegated(account):
            raise _Refused("ValidationError", "Account used is not a delegated administrator")
        return organizations.management_of(account)
    if organizations.management_of(account) != account:
        raise _Refused("ValidationError", _ACCESS)
    return account


def _found(params):
    name = _p(params, "StackSetName")
    found = stacksets.find(_management(params), get_region(), name)
    if found is None:
        raise _Refused("StackSetNotFoundException", f"StackSet {name} not found", 404)
    return found


def _free(params):
    found = _found(params)
    if stacksets.busy(found):
        raise _Refused("OperationInProgressException", _BUSY.format(found["StackSetName"]), 409)
    return found


def _activate(params):
    account = get_account_id()
    if organizations.management_of(account) != account or not organizations.is_in_use(account):
        raise _Refused("InvalidOperationException", "Account is not the management account of an organization")
    stacksets.trusted.add(account)


def _deactivate(params):
    stacksets.trusted.discard(get_account_id())


def _access(params):
    management = organizations.management_of(get_account_id())
    if _p(params, "CallAs") == "DELEGATED_ADMIN":
        _management(params)
    return {"Status": "ENABLED" if management in stacksets.trusted else "DISABLED"}


def _tags(params):
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in helpers._extract_members(params, "Tags")]


def _automatic(params):
    enabled = _p(params, "AutoDeployment.Enabled").lower() == "true"
    found = {"Enabled": enabled}
    if enabled:
        retain = _p(params, "AutoDeployment.RetainStacksOnAccountRemoval")
        found["RetainStacksOnAccountRemoval"] = retain.lower() == "true"
    return found


def _template(params):
    """The template, which is looked at as CreateStack does."""
    body, refused = helpers._resolve_template(params)
    if refused:
        raise _Refused("ValidationError", "TemplateURL cannot be read")
    checked = handlers._ACTION_HANDLERS["ValidateTemplate"]({"TemplateBody": [body]})
    if checked[0] != 200:
        raise _Refused("ValidationError", checked[2].decode().split("<Message>")[1].split("</Message>")[0])
    parsed = handlers._parse_template(body)
    if handlers._check_capabilities(parsed, parsed, params):
        missing = handlers._missing_capabilities(
            set(_listed(params, "Capabilities")), handlers._required_iam_capabilities(parsed)
        )
        words = handlers._insufficient_capabilities_message(missing)
        raise _Refused("InsufficientCapabilitiesException", words)
    return body


def _create(params):
    management, name = _management(params), _p(params, "StackSetName")
    if _p(params, "PermissionModel") != "SERVICE_MANAGED":
        raise _Refused("ValidationError", "This stand-in has stack sets with service-managed permissions only")
    if management not in stacksets.trusted:
        raise _Refused("ValidationError", _ACCESS)
    at = management, get_region(), name
    if at in stacksets.sets:
        raise _Refused("NameAlreadyExistsException", f"StackSet {name} already exists", 409)
    identity = f"{name}:{uuid.uuid4()}"
    stacksets.sets[at] = {
        "management": management,
        "region": get_region(),
        "instances": {},
        "operations": {},
        "StackSetName": name,
        "StackSetId": identity,
        "Description": _p(params, "Description"),
        "Status": "ACTIVE",
        "TemplateBody": _template(params),
        "Parameters": helpers._extract_members(params, "Parameters"),
        "Capabilities": _listed(params, "Capabilities"),
        "Tags": _tags(params),
        "StackSetARN": f"arn:aws:cloudformation:{get_region()}:{management}:stackset/{identity}",
        "AutoDeployment": _automatic(params),
        "PermissionModel": "SERVICE_MANAGED",
        "OrganizationalUnitIds": [],
        "Regions": [],
    }
    return {"StackSetId": identity}


def _shown(found, *keys):
    return {key: found[key] for key in keys}


def _describe(params):
    found = _found(params)
    shown = {key: value for key, value in found.items() if key[0].isupper()}
    shown["Parameters"] = [{"ParameterKey": one["Key"], "ParameterValue": one["Value"]} for one in found["Parameters"]]
    return {"StackSet": shown | {"ManagedExecution": {"Active": False}}}


def _list(params):
    management = _management(params)
    found = [
        one for (account, region, _), one in stacksets.sets.items() if (account, region) == (management, get_region())
    ]
    keys = ("StackSetName", "StackSetId", "Description", "Status", "AutoDeployment", "PermissionModel")
    return _page(params, [_shown(one, *keys) for one in found])


def _page(params, items):
    at, size = int(_p(params, "NextToken") or 0), int(_p(params, "MaxResults") or _PAGE)
    more = {"NextToken": str(at + size)} if at + size < len(items) else {}
    return {"Summaries": items[at : at + size]} | more


def _preferences(params):
    found = {}
    for key in (
        "RegionConcurrencyType",
        "FailureToleranceCount",
        "FailureTolerancePercentage",
        "MaxConcurrentCount",
        "MaxConcurrentPercentage",
        "ConcurrencyMode",
    ):
        if _p(params, f"OperationPreferences.{key}"):
            found[key] = _p(params, f"OperationPreferences.{key}")
    return found


def _update(params):
    found = _free(params)
    if _p(params, "UsePreviousTemplate").lower() != "true":
        found["TemplateBody"] = _template(params)
    found["Parameters"] = helpers._extract_members(params, "Parameters")
    found["Capabilities"] = _listed(params, "Capabilities")
    if any(key == "Tags" or key.startswith("Tags.") for key in params):
        found["Tags"] = _tags(params)
    if _p(params, "AutoDeployment.Enabled"):
        found["AutoDeployment"] = _automatic(params)
    if _p(params, "Description"):
        found["Description"] = _p(params, "Description")
    regions = _listed(params, "Regions")
    places = {
        place: one["OrganizationalUnitId"]
        for place, one in found["instances"].items()
        if not regions or place[1] in regions
    }
    return {
        "OperationId": stacksets.begin(
            found, "UPDATE", places, _preferences(params), operation_id=_p(params, "OperationId")
        )
    }


def _delete(params):
    found = _free(params)
    if found["instances"]:
        raise _Refused("StackSetNotEmptyException", "StackSet is not empty", 409)
    del stacksets.sets[found["management"], found["region"], found["StackSetName"]]


def _places(params, found):
    units = _listed(params, "DeploymentTargets.OrganizationalUnitIds")
    if not units:
        raise _Refused("ValidationError", "OrganizationalUnitIds are required")
    how = _p(params, "DeploymentTargets.AccountFilterType") or "NONE"
    accounts = stacksets.targets(found, units, _listed(params, "DeploymentTargets.Accounts"), how)
    regions = _listed(params, "Regions")
    if not regions:
        raise _Refused("ValidationError", "Regions are required")
    # By region: it is deployed to one after the other.
    return units, regions, {(account, region): unit for region in regions for account, unit in accounts.items()}


def _create_instances(params):
    found = _free(params)
    units, regions, places = _places(params, found)
    found["OrganizationalUnitIds"] = sorted({*found["OrganizationalUnitIds"], *units})
    found["Regions"] = sorted({*found["Regions"], *regions})
    return {
        "OperationId": stacksets.begin(
            found, "CREATE", places, _preferences(params), operation_id=_p(params, "OperationId")
        )
    }


def _delete_instances(params):
    found = _free(params)
    units, regions, places = _places(params, found)
    places = {place: unit for place, unit in places.items() if place in found["instances"]}
    retain = _p(params, "RetainStacks").lower() == "true"
    if set(regions) >= set(found["Regions"]):
        found["OrganizationalUnitIds"] = [unit for unit in found["OrganizationalUnitIds"] if unit not in units]
    if set(units) >= set(found["OrganizationalUnitIds"]):
        found["Regions"] = [region for region in found["Regions"] if region not in regions]
    return {
        "OperationId": stacksets.begin(
            found, "DELETE", places, _preferences(params), retain, operation_id=_p(params, "OperationId")
        )
    }


def _summary(found, place):
    one = found["instances"][place]
    return {
        "StackSetId": found["StackSetId"],
        "Account": place[0],
        "Region": place[1],
        "StackId": one.get("StackId"),
        "Status": one["Status"],
        "StatusReason": one.get("StatusReason"),
        "StackInstanceStatus": {"DetailedStatus": one["DetailedStatus"]},
        "OrganizationalUnitId": one["OrganizationalUnitId"],
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": one.get("LastOperationId"),
    }


def _instances(params):
    found = _found(params)
    account, region = _p(params, "StackInstanceAccount"), _p(params, "StackInstanceRegion")
    places = [
        place
        for place in sorted(found["instances"])
        if (not account or place[0] == account) and (not region or place[1] == region)
    ]
    return _page(params, [_summary(found, place) for place in places])


def _instance(params):
    found = _found(params)
    place = _p(params, "StackInstanceAccount"), _p(params, "StackInstanceRegion")
    if place not in found["instances"]:
        words = (
            f"Stack instance for stack set {found['StackSetName']}, account {place[0]} and region {place[1]} not found"
        )
        raise _Refused("StackInstanceNotFoundException", words, 404)
    return {"StackInstance": _summary(found, place)}


def _operation_of(params):
    found = _found(params)
    operation = found["operations"].get(_p(params, "OperationId"))
    if operation is None:
        words = f"Operation {_p(params, 'OperationId')} not found"
        raise _Refused("OperationNotFoundException", words, 404)
    return operation


def _operation(params):
    operation = _operation_of(params)
    shown = {key: value for key, value in operation.items() if key[0].isupper()}
    failed = sum(one["Status"] == "FAILED" for one in operation["results"].values())
    return {"StackSetOperation": shown | {"StatusDetails": {"FailedStackInstancesCount": failed}}}


def _operations(params):
    newest_first = reversed(_found(params)["operations"].values())
    keys = ("OperationId", "Action", "Status", "CreationTimestamp")
    return _page(params, [_shown(one, *keys) | {"EndTimestamp": one.get("EndTimestamp")} for one in newest_first])


def _results(params):
    operation = _operation_of(params)
    return _page(
        params, [{"Account": place[0], "Region": place[1], **one} for place, one in operation["results"].items()]
    )
