"""Reads and deletes of objects that AWS refuses and ministack does not.

A missing object is told only to who may list (GetObject: "If you have the
s3:ListBucket permission on the bucket, Amazon S3 returns an HTTP status code 404",
and 403 without). An object under SSE-KMS is read with kms:Decrypt on its key (S3
User Guide, Protecting data with SSE-KMS). A delete with If-Match and an ETag wants
s3:GetObject too (S3 User Guide, How to perform conditional deletes). Another account's reader of a Requester
Pays bucket says that it pays (S3 User Guide, Using Requester Pays buckets).
"""

import json
import uuid

from ministack.core import iam_actions
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.core.router import extract_access_key_id
from ministack.services import kms, s3

from . import control, keys, sealed

_KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"
_STATES = {"Disabled": "KMS.DisabledException", "PendingDeletion": "KMS.KMSInvalidStateException"}


def mend():
    control.ROUTES["kms-key"] = _make_key
    _conditional_deletes()
    original = s3.handle_request

    async def handle(method, path, headers, body, query, **options):
        bucket, key = s3._parse_bucket_key(path, headers)
        caller = extract_access_key_id(headers, query)
        if _unpaid(bucket, headers):
            return s3._error("AccessDenied", "Access Denied", 403, path)
        account = get_account_id()  # the answer comes in the scope of the bucket's owner
        answer = await original(method, path, headers, body, query, **options)
        if not key or method not in ("GET", "HEAD") or not caller:
            return answer
        with request_scope(account, get_region()):
            return _refused(answer, method, bucket, key, caller, headers) or answer

    s3.handle_request = handle


def _refused(answer, method, bucket, key, caller, headers):
    if answer[0] == 404 and s3._bucket_owner_account(bucket) and not _may_list(caller, bucket):
        return _denied(caller, "s3:ListBucket", f"arn:aws:s3:::{bucket}", headers)
    if method == "GET" and answer[0] in (200, 206):
        under = {name.lower(): value for name, value in answer[1].items()}.get(_KEY_ID)
        return under and _undecryptable(caller, under, bucket, key, headers)
    return None


def _conditional_deletes():
    checks = iam_actions.s3_additional_checks

    def additional(method, path, headers, body, query):
        bucket, key = s3._parse_bucket_key(path, headers)
        if method == "DELETE" and key and headers.get("if-match", "*") != "*":
            yield "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"
        yield from checks(method, path, headers, body, query)

    iam_actions.s3_additional_checks = additional


def _make_key(question):
    with request_scope(question["account"], question["region"]):
        made = kms._create_key({"Policy": question["policy"]} if question["policy"] else {})
    return json.loads(made[2])["KeyMetadata"]["Arn"]


def _unpaid(bucket, headers):
    owner = s3._bucket_owner_account(bucket)
    if owner in (None, get_account_id()) or headers.get("x-amz-request-payer") == "requester":
        return False
    return "<Payer>Requester</Payer>" in (s3._bucket_request_payment_config.get_scoped(owner, None, bucket) or "")


def _may_list(caller, bucket):
    refused = evaluator.enforce(caller, "s3:ListBucket", "s3", get_region(), resource_arn=f"arn:aws:s3:::{bucket}")
    owner = s3._bucket_owner_account(bucket)
    if owner != get_account_id() and not s3._foreign_bucket_allows(owner, bucket, "", "GET", {}, get_account_id()):
        return False
    return refused is None


def _undecryptable(caller, key_id, bucket, name, headers):
    """The refusal of KMS, which S3 hands on; None if the caller may decrypt."""
    owner = key_id.split(":")[4] if key_id.startswith("arn:") else s3._bucket_owner_account(bucket)
    with request_scope(owner, get_region()):
        key = kms._resolve_key(key_id)
    if key is None:
        return s3._error("KMS.NotFoundException", f"Key '{key_id}' does not exist", 400)
    if key["KeyState"] in _STATES:
        return s3._error(_STATES[key["KeyState"]], f"{key['Arn']} is {key['KeyState'].lower()}.", 400)
    principal = evaluator.resolve_principal(caller, get_account_id())
    if principal.policies is None:
        return None  # the account's root
    conditions = sealed.conditions(bucket, name) | {"kms:CallerAccount": principal.account}
    context = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action="kms:Decrypt",
        resource_arn=key["Arn"],
        region=get_region(),
        service_context={key.lower(): value for key, value in conditions.items()},
        principal_keys=principal.keys,
    )
    verdict = evaluator.combine_resource_policy(
        evaluator.evaluate(context, principal.policies, *principal.limits),
        context,
        key.get("Policy") or "",
        owner,
        required=True,
        limits=principal.limits,
    )
    if verdict.decision == "ImplicitDeny" and keys.granted(principal, "kms:Decrypt", key["Arn"], conditions):
        return None
    return None if verdict.decision == "Allow" else _denied(caller, "kms:Decrypt", key["Arn"], headers)


def _denied(caller, action, resource, headers):
    arn = evaluator.resolve_principal(caller, get_account_id()).arn
    return iam_actions.access_denied_response(
        "s3",
        action,
        arn,
        str(uuid.uuid4()),
        headers=headers,
        message=f"User: {arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
    )
