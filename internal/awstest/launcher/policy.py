"""Policies judged as the IAM User Guide says, where ministack judges otherwise."""

import dataclasses
import json
import re

from ministack.core import iam_evaluator as evaluator
from ministack.core import responses
from ministack.services import iam


def mend():
    _principal_arn()
    _foreign_principals()
    _variables()


def _principal_arn():
    """aws:PrincipalArn of a role session is the role's ARN, not the session's.

    IAM User Guide, Global condition keys, aws:PrincipalArn: "For IAM roles, the
    request context returns the ARN of the role".
    """
    original = evaluator._resolve_condition_key

    def resolve(key, context):
        value = original(key, context)
        if key.lower() == "aws:principalarn" and isinstance(value, str) and ":assumed-role/" in value:
            account, name = value.split(":")[4], value.split("/")[1]
            role = iam._roles.get_scoped(account, None, name) or {}
            return role.get("Arn", f"arn:aws:iam::{account}:role/{name}")
        return value

    evaluator._resolve_condition_key = resolve


def _foreign_principals():
    """A bucket policy may name a user, role or session of another account.

    ministack asks the policy of another account's bucket as if the caller's root
    were calling; AWS asks it for who calls. IAM User Guide, Cross-account policy
    evaluation logic.
    """
    original = evaluator.evaluate_resource_policy

    def evaluate(document, context, *args, **options):
        if context.principal_type == "Root" and context.action.startswith("s3:"):
            caller = _signer()
            if caller is not None:
                context = dataclasses.replace(
                    context,
                    principal_arn=caller.principal_arn,
                    principal_type=caller.principal_type,
                    principal_keys=evaluator._principal_keys(caller),
                )
        return original(document, context, *args, **options)

    evaluator.evaluate_resource_policy = evaluate


def _signer():
    """Who signed the request that is being answered, unless it is a root key."""
    request = evaluator._signed_request.get()
    key = evaluator._verified_key.get() or (request.access_key_id if request else "")
    if not key or evaluator.is_root_access_key(key):
        return None
    account = responses._account_from_sts_session(key) or evaluator.find_iam_access_key_account(key)
    found = evaluator.resolve_credential(key, account)
    return None if isinstance(found, evaluator.CredentialResolutionError) else found


class _NoValue(Exception):
    """The request has no value for a policy variable."""


_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def _variables():
    """Policy variables in resources and in the values of conditions.

    IAM User Guide, IAM policy elements: Variables and tags. A statement whose
    variable has no value and no default does not match.
    """
    original = evaluator._first_match

    def first_match(context, statements, effect):
        filled = []
        for statement in statements:
            parts = (statement.resources, statement.not_resources, statement.conditions)
            if "${" in json.dumps(parts):
                try:
                    resources, not_resources, conditions = (_fill(part, context) for part in parts)
                except _NoValue:
                    continue
                statement = dataclasses.replace(
                    statement, resources=resources, not_resources=not_resources, conditions=conditions
                )
            filled.append(statement)
        return original(context, filled, effect)

    evaluator._first_match = first_match


def _fill(value, context):
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found[1], context), value)
    if isinstance(value, list):
        return [_fill(item, context) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, context) for key, item in value.items()}
    return value


def _value(expression, context):
    if expression in ("*", "?", "$"):
        return expression
    name, comma, default = expression.partition(",")
    value = evaluator._resolve_condition_key(name.strip(), context)
    if value is None and comma:
        value = default.strip(" '")
    if not isinstance(value, str):
        raise _NoValue
    return value
