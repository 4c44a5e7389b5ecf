"""Refusals that name the resource, as AWS's do.

IAM User Guide, Troubleshoot access denied error messages: "User: <ARN> is not
authorized to perform: <action> on resource: <ARN> because no identity-based policy
allows the <action> action". S3 has the resource in quotes (S3 User Guide,
Troubleshoot access denied (403 Forbidden) errors). ministack leaves it out.
"""

from ministack.core import iam_actions

_QUOTED = {"s3"}
_NAMING = {
    "access-analyzer",
    "account",
    "cloudformation",
    "cloudtrail",
    "events",
    "iam",
    "lambda",
    "kms",
    "organizations",
    "s3",
    "sns",
}


def mend():
    original = iam_actions.access_denied_response

    def refuse(service, action, principal, request_id, **said):
        if service in _NAMING and not said.get("message") and not said.get("error_code") and principal:
            said["message"] = words(action, principal, said)
        return original(service, action, principal, request_id, **said)

    iam_actions.access_denied_response = refuse


def words(action, principal, said):
    on = _on(action.split(":")[0], said.get("resource_arn", "*"))
    return f"User: {principal} is not authorized to perform: {action} {on}{_why(action, said)}"


def _on(service, resource):
    if service not in _QUOTED:
        return f"on resource: {resource} "
    return f'on resource: "{resource}" ' if resource != "*" else ""


def _why(action, said):
    if not said.get("explicit_deny"):
        return f"because no identity-based policy allows the {action} action"
    policy = said.get("resource_policy_arn")
    # controlpolicies.py puts the words there in place of an ARN.
    kind = policy if policy and not policy.startswith("arn:") else "a resource-based policy"
    return f"with an explicit deny in {kind if policy else 'an identity-based policy'}"
