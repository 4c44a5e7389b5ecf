"""KMS keys that another account uses, the context of encryption, grants, key policies.

KMS Developer Guide, Allowing users in other accounts to use a KMS key: the key's
policy and the caller's own both let it; Condition keys: kms:EncryptionContext:<key>,
kms:EncryptionContextKeys, kms:CallerAccount; Grants in AWS KMS; Default key policy:
a policy that shuts out who puts it is refused, one is at most 32 KB. ministack finds
no key of another account, has no context in its conditions, and takes any policy.
"""

import json

from ministack.core import iam_actions
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    request_scope,
)
from ministack.core.router import extract_access_key_id
from ministack.services import iam, kms

from . import documents, principals

_LARGEST = 32 * 1024
# What the API Reference lets another account do: "Cross-account use: Yes".
_ACROSS = {
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GetKeyRotationStatus",
    "ListGrants",
    "RevokeGrant",
}


def mend():
    _conditions()
    _grants()
    kms.key_policy_for_arn = _policy_of
    original = kms.handle_request

    async def handle(method, path, headers, body, query):
        operation = headers.get("x-amz-target", "").split(".")[-1]
        asked = json.loads(body) if body[:1] == b"{" else {}
        owner = _owner(asked.get("KeyId") or _in_ciphertext(asked))
        if operation == "PutKeyPolicy":
            refused = _refusal(asked, extract_access_key_id(headers, query))
            if refused:
                return refused
            body = json.dumps({**asked, "Policy": principals.shown(asked["Policy"])}).encode()
        if owner in (None, get_account_id()) or operation not in _ACROSS:
            return await original(method, path, headers, body, query)
        with request_scope(owner, get_region()):
            return await original(method, path, headers, body, query)

    kms.handle_request = handle


def _in_ciphertext(asked):
    """The id of the key that a ciphertext was made with, as ministack makes them."""
    return iam_actions._kms_key_id_from_ciphertext(asked.get("CiphertextBlob") or "")


def _owner(key):
    """The account of a key that an ARN or an id names, or None."""
    if not key or key.startswith("alias/"):
        return None
    if key.startswith("arn:"):
        return key.split(":")[4]
    return next((arn.split(":")[4] for arn in _arns() if arn.endswith("/" + key)), None)


def _arns():
    return [record["Arn"] for _at, record in kms._keys.all_items()]


def _policy_of(resource):
    owner = _owner(resource) if resource.startswith("arn:") else None
    with request_scope(owner or get_account_id(), get_region()):
        record = kms._resolve_key(resource)
    return (record.get("Policy") or "", owner) if record else None


def _conditions():
    tags, resource_of = iam_actions.request_tag_context, iam_actions.extract_resource_arn

    def context(service, action, body, params):
        found = tags(service, action, body, params)
        if service == "kms" and body[:1] == b"{":
            asked = json.loads(body)
            pairs = asked.get("EncryptionContext") or {}
            found |= {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
            found |= {"kms:CallerAccount": get_account_id()}
            if pairs:
                found["kms:EncryptionContextKeys"] = list(pairs)
        return found

    def resource(service, method, path, headers, body, query, region, account):
        arn = resource_of(service, method, path, headers, body, query, region, account)
        if service == "kms" and "/" in arn:
            # A key id, and a ciphertext, name a key of any account; an alias one key.
            with request_scope(arn.split(":")[4], region):
                record = kms._resolve_key(arn)
            return record["Arn"] if record else next((a for a in _arns() if a.endswith(arn.split(":")[5][3:])), arn)
        return arn

    iam_actions.request_tag_context, iam_actions.extract_resource_arn = context, resource


def _grants():
    """A grant lets its grantee, if nothing denies it."""
    original = evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        if service != "kms" or not isinstance(refused, evaluator.EvalResult) or refused.decision == "Deny":
            return refused
        caller = evaluator.resolve_principal(access_key_id or "", get_account_id())
        return None if granted(caller, iam_action, resource_arn, service_context or {}) else refused

    evaluator.enforce = enforce


def granted(caller, action, key, context):
    """Whether a grant on a key lets the caller do an action, with this context of encryption."""
    names = {caller.arn}
    if ":assumed-role/" in caller.arn:
        role = iam._roles.get_scoped(caller.account, None, caller.arn.split("/")[1]) or {}
        names.add(role.get("Arn"))
    pairs = {
        name.split(":", 2)[2]: value for name, value in context.items() if name.startswith("kms:EncryptionContext:")
    }
    for _at, grant in list(kms._grants.all_items()):
        limits = grant.get("Constraints") or {}
        if grant["KeyId"] != key or grant["GranteePrincipal"] not in names:
            continue
        if action.removeprefix("kms:") not in grant["Operations"]:
            continue
        if not (limits.get("EncryptionContextSubset") or {}).items() <= pairs.items():
            continue
        if limits.get("EncryptionContextEquals") in (None, {}, pairs):
            return True
    return False


def _refusal(asked, access_key):
    """What KMS says to a new key policy, or None."""
    text = asked.get("Policy") or ""
    if len(text.encode()) > _LARGEST:
        return error_response_json("LimitExceededException", f"The key policy exceeds {_LARGEST} bytes.", 400)
    document = documents.parsed(text)
    if document is None:
        return _malformed("The new key policy is malformed: Policy contains invalid JSON or elements.")
    if any("Principal" not in one and "NotPrincipal" not in one for one in principals.statements(document)):
        return _malformed("Policy contains a statement with no principal.")
    if principals.unknown(document) is not None:
        return _malformed("Policy contains a statement with one or more invalid principals.")
    if asked.get("BypassPolicyLockoutSafetyCheck") or kms._resolve_key(asked.get("KeyId", "")) is None:
        return None
    caller = evaluator.resolve_principal(access_key or "", get_account_id())
    context = evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action="kms:PutKeyPolicy",
        resource_arn=kms._resolve_key(asked["KeyId"])["Arn"],
        region=get_region(),
        principal_keys=caller.keys,
    )
    if evaluator.evaluate_resource_policy(text, context).decision != "Allow":
        return _malformed("The new key policy will not allow you to update the key policy in the future.")
    return None


def _malformed(message):
    return error_response_json("MalformedPolicyDocumentException", message, 400)
