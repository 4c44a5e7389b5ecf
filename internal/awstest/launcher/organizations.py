"""AWS Organizations with members, as its API Reference has it.

In ministack every account is the management account of an organization of its
own. Here an organization is made by CreateOrganization, accounts are invited and
accept, a member sees what a member may, and lists come in pages.
"""

import json
import secrets
import time

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import organizations as org

from . import control, pages

# The account id of a member, and its management account's.
_management = {}
# Handshake id and handshake.
_handshakes = {}
# Account id, and the name that its owner gave when signing up.
_names = {}
# Members that may list as the management account does.
_delegated = set()
# Those members, each with the service that they administer.
delegated_for = set()

# ListAccounts gives at most 20 in a page, the others below likewise.
_PAGE = 20
_PAGED = {"ListAccounts": "Accounts", "ListAccountsForParent": "Accounts", "ListRoots": "Roots"}
# What a member may ask, and what only if it is a delegated administrator.
_FOR_MEMBERS = {"DescribeOrganization", "AcceptHandshake"}
_FOR_DELEGATED = {
    "DescribeAccount",
    "ListAccounts",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListRoots",
}


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
        CreateAccount=_create_account(org._DISPATCH["CreateAccount"]),
        RegisterDelegatedAdministrator=_register,
    )
    for operation in {"DescribeOrganization"} | _FOR_DELEGATED:
        org._DISPATCH[operation] = _as_management(org._DISPATCH[operation])
    for operation, members in _PAGED.items():
        org._DISPATCH[operation] = _in_pages(org._DISPATCH[operation], members)
    for operation, answer in list(org._DISPATCH.items()):
        org._DISPATCH[operation] = _checked(operation, answer)

    public = org._public_account
    # State came in 2025, and Status goes.
    org._public_account = lambda account: {**public(account), "State": account["Status"]}

    of_account = evaluator._principal_org_id
    evaluator._principal_org_id = lambda account: of_account(management_of(account))

    for state in (_management, _handshakes, _names, _delegated, delegated_for):
        control.ON_RESET.append(state.clear)
    control.ROUTES["account-names"] = _name


def management_of(account):
    """The management account of its organization; itself, if it is in none."""
    return _management.get(account, account)


def is_in_use(account):
    """Whether the account has an organization that it manages."""
    with request_scope(account, get_region()):
        return "self" in org._orgs


def _checked(operation, answer):
    def check(payload):
        account = get_account_id()
        allowed = operation in _FOR_MEMBERS or account in _delegated and operation in _FOR_DELEGATED
        if account in _management and not allowed:
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
        with request_scope(management_of(account), get_region()):
            return answer(payload)

    return ask


def _create(payload, make):
    if "self" in org._orgs or get_account_id() in _management:
        return error_response_json(
            "AlreadyInOrganizationException", "The AWS account is already a member of an organization.", 400
        )
    make()
    org._orgs["self"]["FeatureSet"] = payload.get("FeatureSet") or "ALL"
    account = get_account_id()
    org._accounts[account]["Name"] = _names.get(account, account)
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
        return error_response_json(
            "HandshakeNotFoundException", "We can't find a handshake with that HandshakeId.", 400
        )
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
            "Name": _names.get(account, account),
            "Status": "ACTIVE",
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": int(time.time()),
            "Path": "/",
            "_ParentId": next(iter(org._roots)),
        }
    return org._json(200, {"Handshake": handshake})


def _create_account(make):
    def create(payload):
        answer = make(payload)
        if answer[0] == 200:
            made = json.loads(answer[2])["CreateAccountStatus"]["AccountId"]
            _management[made] = get_account_id()
        return answer

    return create


def _register(payload):
    org._ensure_org()
    account = payload.get("AccountId")
    if _management.get(account) != get_account_id():
        return error_response_json("AccountNotFoundException", "You specified an account that doesn't exist.", 400)
    _delegated.add(account)
    delegated_for.add((account, payload.get("ServicePrincipal")))
    return org._json(200, {})


def _name(question):
    _names.update(question)
    return {}


def _in_pages(answer, members):
    def page(payload):
        whole = answer(payload)
        if whole[0] != 200:
            return whole
        return org._json(200, pages.cut(members, json.loads(whole[2])[members], payload, _PAGE))

    return page
