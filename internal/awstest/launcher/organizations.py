"""AWS Organizations with members, as its API Reference has it.

In ministack every account is the management account of an organization of its
own. Here an organization is made by CreateOrganization, accounts are invited and
accept, a member sees what a member may, and lists come in pages.
"""

import secrets
import time

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import organizations as org

# The account id of a member, and its management account's.
_management = {}
# Handshake id and handshake.
_handshakes = {}

# ListAccounts gives at most 20 in a page, the others below likewise.
_PAGE = 20
_PAGED = {"ListAccounts": "Accounts", "ListAccountsForParent": "Accounts", "ListRoots": "Roots"}
# All that a member may ask that is no delegated administrator.
_FOR_MEMBERS = {"DescribeOrganization", "AcceptHandshake", "LeaveOrganization"}


class _NotInUse(Exception):
    """The account is in no organization."""


def mend():
    found = org._ensure_org

    def ensure():
        if "self" not in org._orgs:
            raise _NotInUse

    org._ensure_org = ensure
    org._DISPATCH.update(
        CreateOrganization=lambda payload: _create(payload, found),
        InviteAccountToOrganization=_invite,
        AcceptHandshake=_accept,
        DescribeOrganization=_as_management(org._DISPATCH["DescribeOrganization"]),
    )
    for operation, members in _PAGED.items():
        org._DISPATCH[operation] = _in_pages(operation, org._DISPATCH[operation], members)
    for operation, answer in list(org._DISPATCH.items()):
        org._DISPATCH[operation] = _checked(operation, answer)

    of_account = evaluator._principal_org_id
    evaluator._principal_org_id = lambda account: of_account(_management.get(account, account))

    forget = org.reset

    def reset():
        forget()
        _management.clear()
        _handshakes.clear()

    org.reset = reset


def _checked(operation, answer):
    def check(payload):
        if get_account_id() in _management and operation not in _FOR_MEMBERS:
            return error_response_json(
                "AccessDeniedException", "You don't have permissions to access this resource.", 400
            )
        try:
            return answer(payload)
        except _NotInUse:
            return error_response_json(
                "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400
            )

    return check


def _as_management(answer):
    def ask(payload):
        account = get_account_id()
        with request_scope(_management.get(account, account), get_region()):
            return answer(payload)

    return ask


def _create(payload, make):
    if "self" in org._orgs or get_account_id() in _management:
        return error_response_json(
            "AlreadyInOrganizationException", "The AWS account is already a member of an organization.", 400
        )
    make()
    org._orgs["self"]["FeatureSet"] = payload.get("FeatureSet") or "ALL"
    return org._json(200, {"Organization": dict(org._orgs["self"])})


def _invite(payload):
    org._ensure_org()
    organization, target = org._orgs["self"], payload["Target"]["Id"]
    if target in _management or target in org._accounts:
        return error_response_json(
            "DuplicateHandshakeException", "The account is in an organization or invited already.", 400
        )
    identifier = "h-" + secrets.token_hex(8)
    _handshakes[identifier] = {
        "Id": identifier,
        "Arn": f"arn:aws:organizations::{get_account_id()}:handshake/{organization['Id']}/invite/{identifier}",
        "Parties": [{"Id": organization["Id"][2:], "Type": "ORGANIZATION"}, {"Id": target, "Type": "ACCOUNT"}],
        "State": "OPEN",
        "Action": "INVITE",
        "Resources": [],
    }
    return org._json(200, {"Handshake": _handshakes[identifier]})


def _accept(payload):
    handshake, account = _handshakes.get(payload.get("HandshakeId")), get_account_id()
    if handshake is None or handshake["Parties"][1]["Id"] != account:
        return error_response_json("HandshakeNotFoundException", "We can't find a handshake with that HandshakeId.", 400)
    if handshake["State"] != "OPEN":
        return error_response_json("InvalidHandshakeTransitionException", "The handshake is not open.", 400)
    handshake["State"] = "ACCEPTED"
    management = handshake["Arn"].split(":")[4]
    _management[account] = management
    with request_scope(management, get_region()):
        org._accounts[account] = {
            "Id": account,
            "Arn": f"arn:aws:organizations::{management}:account/{org._orgs['self']['Id']}/{account}",
            "Email": f"{account}@example.com",
            "Name": account,
            "Status": "ACTIVE",
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": int(time.time()),
            "Path": "/",
            "_ParentId": next(iter(org._roots)),
        }
    return org._json(200, {"Handshake": handshake})


def _in_pages(operation, answer, members):
    """The answer cut at MaxResults, going on where NextToken says."""

    def page(payload):
        whole = answer(payload)
        if whole[0] != 200:
            return whole
        all_of_it = org.json.loads(whole[2])[members]
        at = int(payload.get("NextToken") or 0)
        size = min(int(payload.get("MaxResults") or _PAGE), _PAGE)
        document = {members: all_of_it[at : at + size]}
        if at + size < len(all_of_it):
            document["NextToken"] = str(at + size)
        return org._json(200, document)

    return page
