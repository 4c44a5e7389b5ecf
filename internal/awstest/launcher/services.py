"""What an AWS service may do for somebody: as itself, or in a role that it takes.

IAM User Guide, AWS service principals, The confused deputy problem: a service comes
with aws:SourceArn and aws:SourceAccount, the resource that it works for and its
account. Policies of resources and of roles are judged by ministack's evaluator.
"""

import json

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_region
from ministack.services import iam


def source(arn, account, **more):
    """The context of a call that a service makes for the resource arn."""
    keys = {"aws:sourcearn": arn, "aws:sourceaccount": account}
    return keys | {name.replace("_", ":").lower(): value for name, value in more.items()}


def lets(policy, service, action, resource, context):
    """Whether a resource's policy lets a service, as events.amazonaws.com, do something."""
    asked = evaluator.EvalContext("*", "Service", "", action, resource, get_region(), service_context=context)
    return evaluator.evaluate_resource_policy(policy, asked, service=service).decision == "Allow"


def role_of(arn):
    """The role of exactly this ARN, or None."""
    parts = (arn or "").split(":")
    if len(parts) < 6:
        return None
    role = iam._roles.get_scoped(parts[4], None, arn.rsplit("/", 1)[-1])
    return role if role and role.get("Arn") == arn else None


def takes(service, arn, context):
    """Whether the trust policy of a role lets a service take it."""
    role = role_of(arn)
    if role is None:
        return False
    trust = role.get("AssumeRolePolicyDocument") or "{}"
    trust = json.loads(trust) if isinstance(trust, str) else trust
    return lets(trust, service, "sts:AssumeRole", arn, context)


def role_may(arn, action, resource, context, policy=None):
    """Whether a session of a role may do something, which its own policies must let.

    With the policy of the resource, where that is another account's: it must, too.
    """
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
    asked = evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=context,
    )
    limits = evaluator._permissions_boundary(iam._roles, name, account)
    own = evaluator.evaluate(asked, evaluator._gather_role_policies(name, account), *limits)
    if own.decision != "Allow":
        return False
    theirs = evaluator.evaluate_resource_policy(policy, asked).decision
    return theirs == "Allow" if resource.split(":")[4] != account else theirs != "Deny"
