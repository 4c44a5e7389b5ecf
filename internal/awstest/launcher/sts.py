"""AssumeRole as the STS API Reference has it, where ministack is laxer."""

import json
import re
from urllib.parse import parse_qs

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, sts

_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_CHAINED_LIMIT = 3600
_DEFAULT_DURATION = 3600


def mend():
    _assume_role()
    _trust_is_enough()


def _assume_role():
    original = sts.handle_request

    async def handle(method, path, headers, body, query):
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("Action") != "AssumeRole":
            return await original(method, path, headers, body, query)
        refused = _malformed(form)
        if refused:
            return refused
        answer = await original(method, path, headers, body, query)
        if answer[0] == 200:
            # Who may not assume the role learns nothing of it.
            refused = _too_long(form, "Credential=ASIA" in headers.get("authorization", ""))
            if refused:
                _forget(answer[2])
                return refused
        return answer

    sts.handle_request = handle


def _role(arn):
    """The role of exactly this ARN: its path is part of it."""
    parts = arn.split(":")
    if len(parts) < 6:
        return None
    role = iam._roles.get_scoped(parts[4], None, arn.rsplit("/", 1)[-1])
    return role if role and role.get("Arn") == arn else None


def _duration(form):
    return int(form.get("DurationSeconds") or _DEFAULT_DURATION)


def _malformed(form):
    arn = form.get("RoleArn", "")
    if not _SESSION_NAME.fullmatch(form.get("RoleSessionName", "")):
        return _invalid("Value at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]*, 2 to 64 long")
    if not 900 <= _duration(form) <= 43200:
        return _invalid("Value at 'durationSeconds' failed to satisfy constraint: 900 to 43200")
    if arn.startswith("arn:") and _role(arn) is None:
        return iam._error(
            403, "AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}", ns="sts"
        )
    return None


def _too_long(form, chained):
    if chained and _duration(form) > _CHAINED_LIMIT:
        return _invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    role = _role(form.get("RoleArn", "")) or {}
    if _duration(form) > int(role.get("MaxSessionDuration") or _DEFAULT_DURATION):
        return _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return None


def _invalid(message):
    return iam._error(400, "ValidationError", message, ns="sts")


def _forget(answer):
    issued = re.search(rb"<AccessKeyId>(\w+)</AccessKeyId>", answer)
    if issued:
        sts._sessions.pop(issued[1].decode(), None)


def _trust_is_enough():
    """Within one account a trust policy that names the caller is permission enough.

    IAM User Guide, Policy evaluation for requests within a single account: a
    resource-based policy that names the principal allows by itself. To ministack
    a trust policy is none. A role of another account keeps wanting both. What the
    trust policy denies, ministack asks afterwards, with the external id at hand.
    """

    def trust_policy_for_arn(arn):
        role = _role(arn)
        if role is None or arn.split(":")[4] != get_account_id():
            return None
        statements = json.loads(role.get("AssumeRolePolicyDocument") or "{}").get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        return {"Statement": [one for one in statements if one.get("Effect") == "Allow"]}, get_account_id()

    iam.trust_policy_for_arn = trust_policy_for_arn
    evaluator._RESOURCE_POLICY_LOOKUPS["sts"] = ("iam", "trust_policy_for_arn")
