"""Roles and managed policies as the IAM API Reference has them, where ministack is laxer.

Documents that IAM refuses (MalformedPolicyDocument), its quotas (IAM User Guide, IAM
and AWS STS quotas: white space is not counted), versions of a policy (Versioning IAM
policies: five, numbers are not used again, SetDefaultPolicyVersion), what must go
before a policy or role may be deleted.
"""

import re
from urllib.parse import parse_qs

from ministack.core import iam_actions
from ministack.core.responses import get_account_id
from ministack.services import iam

from . import control, documents, principals

_TRUST, _INLINE, _MANAGED = 2048, 10240, 6144
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)

# An account and a policy's ARN, and the highest number that a version of it ever had.
_numbered = {}


def mend():
    control.ON_RESET.append(_numbered.clear)
    _resources()
    handlers = iam._IAM_HANDLERS
    for operation, refuse in {
        "CreateRole": _create_role,
        "UpdateRole": _duration,
        "UpdateAssumeRolePolicy": _update_trust,
        "PutRolePolicy": _put_role_policy,
        "PutUserPolicy": lambda question: _identity(question, "PolicyDocument"),
        "CreatePolicy": _managed,
        "CreatePolicyVersion": _create_version,
        "DeletePolicy": _delete_policy,
        "AttachRolePolicy": _attach,
        "AttachUserPolicy": _attach,
        "AttachGroupPolicy": _attach,
    }.items():
        handlers[operation] = _refusing(refuse, handlers[operation])
    handlers["CreatePolicyVersion"] = _numbering(handlers["CreatePolicyVersion"])
    handlers["SetDefaultPolicyVersion"] = _set_default
    handlers["ListRoles"] = _list_roles
    for operation, element in (
        ("CreateRole", "AssumeRolePolicyDocument"),
        ("UpdateAssumeRolePolicy", "PolicyDocument"),
    ):
        handlers[operation] = _showing(handlers[operation], element)


def _refusing(refuse, answer):
    return lambda question: refuse(question) or answer(question)


def _showing(answer, element):
    """Keep a trust policy as it is shown afterwards."""

    def handle(question):
        question[element] = [principals.shown(iam._p(question, element))]
        return answer(question)

    return handle


def _resources():
    """CreateRole and CreatePolicy are of the ARN that is to be, with its path."""
    original = iam_actions.extract_resource_arn

    def resource(service, method, path, headers, body, query, region, account):
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        kind = {"CreateRole": "role", "CreatePolicy": "policy"}.get(form.get("Action")) if service == "iam" else None
        if kind:
            return f"arn:aws:iam::{account}:{kind}{form.get('Path') or '/'}{form.get(kind.title() + 'Name', '')}"
        return original(service, method, path, headers, body, query, region, account)

    iam_actions.extract_resource_arn = resource


def _create_role(question):
    name = iam._p(question, "RoleName")
    if not _NAME.fullmatch(name):
        return _invalid("Value at 'roleName' failed to satisfy constraint: [\\w+=,.@-]+, 1 to 64 long")
    if any(name.lower() == other.lower() for other in iam._roles):
        return iam._error(409, "EntityAlreadyExists", f"Role with name {name} already exists.")
    return _duration(question) or _trust(iam._p(question, "AssumeRolePolicyDocument"))


def _duration(question):
    if not 3600 <= int(iam._p(question, "MaxSessionDuration") or 3600) <= 43200:
        return _invalid("Value at 'maxSessionDuration' failed to satisfy constraint: 3600 to 43200")
    return None


def _update_trust(question):
    if iam._p(question, "RoleName") not in iam._roles:
        return None
    return _trust(iam._p(question, "PolicyDocument"))


def _put_role_policy(question):
    role = iam._roles.get(iam._p(question, "RoleName"))
    if role is None:
        return None
    name, document = iam._p(question, "PolicyName"), iam._p(question, "PolicyDocument")
    others = sum(_size(text) for other, text in role["InlinePolicies"].items() if other != name)
    if _size(document) + others > _INLINE:
        return iam._error(
            409, "LimitExceeded", f"Maximum policy size of {_INLINE} bytes exceeded for role {role['RoleName']}"
        )
    return _identity(question, "PolicyDocument")


def _managed(question):
    if _size(iam._p(question, "PolicyDocument")) > _MANAGED:
        return iam._error(409, "LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED}")
    return _identity(question, "PolicyDocument")


def _create_version(question):
    return _managed(question) if iam._p(question, "PolicyArn") in iam._policies else None


def _delete_policy(question):
    policy = iam._policies.get(iam._p(question, "PolicyArn"))
    if policy and not policy.get("AttachmentCount") and len(policy["Versions"]) > 1:
        return iam._error(
            409,
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.",
        )
    return None


def _attach(question):
    arn = iam._p(question, "PolicyArn")
    if not iam._policy_exists(arn):
        return iam._error(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    return None


def _list_roles(question):
    """A page, without what ListRoles leaves out: tags, and a permissions boundary."""
    prefix = iam._p(question, "PathPrefix") or "/"
    names = sorted(name for name, role in iam._roles.items() if role["Path"].startswith(prefix))
    at, size = int(iam._p(question, "Marker") or 0), int(iam._p(question, "MaxItems") or 100)
    members = "".join(
        "<member>" + re.sub("<Tags>.*</Tags>", "", iam._role_xml(name, boundary=False), flags=re.DOTALL) + "</member>"
        for name in names[at : at + size]
    )
    more = f"<Marker>{at + size}</Marker>" if at + size < len(names) else ""
    said = f"<Roles>{members}</Roles><IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}"
    return iam._xml(200, "ListRolesResponse", f"<ListRolesResult>{said}</ListRolesResult>")


def _numbering(create):
    def handle(question):
        at = get_account_id(), iam._p(question, "PolicyArn")
        policy = iam._policies.get(at[1])
        before = set(policy["Versions"]) if policy else set()
        answer = create(question)
        if answer[0] != 200:
            return answer
        (made,) = set(policy["Versions"]) - before
        number = max(int(made[1:]), _numbered.get(at, 0) + 1)
        _numbered[at] = number
        version = policy["Versions"].pop(made)
        version["VersionId"] = f"v{number}"
        policy["Versions"][f"v{number}"] = version
        if version["IsDefaultVersion"]:
            policy["DefaultVersionId"] = f"v{number}"
        body = answer[2].replace(f"<VersionId>{made}<".encode(), f"<VersionId>v{number}<".encode())
        return answer[0], answer[1], body

    return handle


def _set_default(question):
    policy, wanted = iam._policies.get(iam._p(question, "PolicyArn")), iam._p(question, "VersionId")
    if policy is None or wanted not in policy["Versions"]:
        return iam._error(404, "NoSuchEntity", f"Policy version {wanted} does not exist.")
    for number, version in policy["Versions"].items():
        version["IsDefaultVersion"] = number == wanted
    policy["DefaultVersionId"], policy["UpdateDate"] = wanted, iam._now()
    return iam._xml(200, "SetDefaultPolicyVersionResponse", "")


def _size(text):
    return len(re.sub(r"\s", "", text))


def _invalid(message):
    return iam._error(400, "ValidationError", "1 validation error detected: " + message)


def _malformed(message):
    return iam._error(400, "MalformedPolicyDocument", message)


def _trust(text):
    if _size(text) > _TRUST:
        return iam._error(409, "LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST}")
    document = documents.parsed(text)
    if document is None:
        return _malformed("This policy contains invalid Json")
    for statement in principals.statements(document):
        if "Resource" in statement or "NotResource" in statement:
            return _malformed("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            return _malformed("Missing required field Principal")
        if not all(str(action).lower().startswith("sts:") for action in documents.listed(statement.get("Action", []))):
            return _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    ghost = principals.unknown(document)
    return _malformed(f'Invalid principal in policy: "AWS":"{ghost}"') if ghost is not None else None


def _identity(question, element):
    document = documents.parsed(iam._p(question, element))
    if document is None:
        return _malformed("Syntax errors in policy.")
    for statement in principals.statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            return _malformed("Policy document should not specify a principal.")
        for action in documents.listed(statement.get("Action", statement.get("NotAction", []))):
            if action != "*" and ":" not in action:
                return _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        for resource in documents.listed(statement.get("Resource", statement.get("NotResource", []))):
            if resource != "*" and not resource.startswith("arn:"):
                return _malformed(f'Resource {resource} must be in ARN format or "*".')
    return None
