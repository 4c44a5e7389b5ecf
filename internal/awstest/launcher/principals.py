"""Principals in the policies of roles, buckets and keys.

IAM User Guide, AWS JSON policy elements: Principal. A user or role that is named is
there when the policy is written, and is kept by its unique id: when it is deleted
the policy shows that id (AROA..., AIDA...), and one of the same name that is made
later is not meant. A policy that still has such an id is refused when it is written
again. An account's number is shown as the ARN of its root.
"""

import json
import re

from ministack.services import iam, kms, s3

_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE = re.compile(r"A(?:ROA|IDA)[A-Z0-9]+")


def mend():
    for operation, kind, store in (("DeleteRole", "Role", iam._roles), ("DeleteUser", "User", iam._users)):
        iam._IAM_HANDLERS[operation] = _deleting(iam._IAM_HANDLERS[operation], kind, store)


def _deleting(delete, kind, store):
    def handle(question):
        gone = store.get(iam._p(question, kind + "Name"))
        answer = delete(question)
        if gone and answer[0] == 200:
            _forget(gone["Arn"], gone[kind + "Id"])
        return answer

    return handle


def _forget(arn, unique):
    """Put the id of who is gone in the place of its ARN, wherever it is named."""

    def replaced(name):
        return unique if name == arn else name

    for (_account, _name), role in list(iam._roles._data.items()):
        role["AssumeRolePolicyDocument"] = renamed(role["AssumeRolePolicyDocument"], replaced)
    for _key, record in list(kms._keys.all_items()):
        record["Policy"] = renamed(record.get("Policy"), replaced)
    policies = s3._bucket_policies
    for at, text in list(policies._data.items()):
        policies.set_scoped(at[0], None, at[-1], renamed(text, replaced))


def renamed(text, replace):
    """A policy with each name of an AWS principal replaced; unchanged text is the same text."""
    try:
        document = json.loads(text)
    except (TypeError, ValueError):
        return text
    changed = False
    for statement in statements(document):
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if not isinstance(principal, dict) or "AWS" not in principal:
                continue
            names = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
            new = [replace(name) for name in names]
            new = new[0] if len(new) == 1 else new
            if new != principal["AWS"]:
                principal["AWS"], changed = new, True
    return json.dumps(document, separators=(",", ":")) if changed else text


def shown(text):
    """A policy as it is shown: accounts by their root, those that have an id by their ARN."""

    def show(name):
        if _ACCOUNT.fullmatch(str(name)):
            return f"arn:aws:iam::{name}:root"
        return _of_id(name) or name

    return renamed(text, show)


def unknown(document):
    """The first AWS principal of a policy that is not there, or None."""
    for statement in statements(document):
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        if not isinstance(principal, dict) or "AWS" not in principal:
            continue
        for name in principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]:
            if not _is_there(str(name)):
                return name
    return None


def statements(document):
    found = document.get("Statement", []) if isinstance(document, dict) else []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _is_there(name):
    if name == "*" or _ACCOUNT.fullmatch(name):
        return True
    if _UNIQUE.fullmatch(name):
        return _of_id(name) is not None
    parts = name.split(":")
    if len(parts) != 6 or parts[:2] != ["arn", "aws"] or not _ACCOUNT.fullmatch(parts[4]):
        return False
    kind, _, path = parts[5].partition("/")
    if parts[2] == "iam" and parts[5] == "root":
        return True
    if parts[2] == "sts" and kind == "assumed-role":
        return path.count("/") == 1 and iam._roles.get_scoped(parts[4], None, path.split("/")[0]) is not None
    store = {"role": iam._roles, "user": iam._users}.get(kind if parts[2] == "iam" else "")
    found = store.get_scoped(parts[4], None, path.rsplit("/", 1)[-1]) if store is not None else None
    return found is not None and found["Arn"] == name


def _of_id(unique):
    for store, kind in ((iam._roles, "RoleId"), (iam._users, "UserId")):
        for _at, one in list(store._data.items()):
            if one.get(kind) == unique:
                return one["Arn"]
    return None
