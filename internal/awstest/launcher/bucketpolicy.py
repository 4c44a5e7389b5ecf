"""Bucket policies that S3 refuses, and GetBucketPolicyStatus.

S3 API Reference, PutBucketPolicy; S3 User Guide, Bucket policies: at most 20 KB, of
this bucket only, with principals that are there (IAM User Guide, AWS JSON policy
elements: Principal). ministack keeps whatever it is given, and answers the policy
itself to GetBucketPolicyStatus.
"""

import fnmatch
import json
import re

from ministack.services import s3

from . import documents, principals

_LARGEST = 20 * 1024
# Actions on objects; all others are on the bucket.
_ON_OBJECTS = re.compile(
    r"s3:(?:(?:Get|Put|Delete|Restore|Replicate)Object\w*|AbortMultipartUpload|ListMultipartUploadParts"
    r"|BypassGovernanceRetention|ObjectOwnerOverrideToBucketOwner|ReplicateDelete|ReplicateTags"
    r"|InitiateReplication|UpdateObjectEncryption)",
    re.IGNORECASE,
)


def mend():
    put = s3._put_bucket_policy

    def put_policy(name, body):
        text = body.decode("utf-8", "replace")
        refused = _refusal(name, text) if name in s3._buckets else None
        if refused:
            code = "PolicyTooLarge" if refused == _TOO_LARGE else "MalformedPolicy"
            return s3._error(code, refused, 400, f"/{name}")
        return put(name, principals.shown(text).encode())

    s3._put_bucket_policy = put_policy
    original = s3.handle_request

    async def handle(method, path, headers, body, query, **options):
        answer = await original(method, path, headers, body, query, **options)
        if method != "GET" or "policyStatus" not in query or answer[0] != 200:
            return answer
        name, _ = s3._parse_bucket_key(path, headers)
        policy = s3._bucket_policies.get_scoped(s3._bucket_owner_account(name), None, name)
        if not policy:
            return s3._error("NoSuchBucketPolicy", "The bucket policy does not exist", 404, f"/{name}")
        public = str(s3._policy_is_public(policy)).upper()
        text = f'<PolicyStatus xmlns="{s3.S3_NS}"><IsPublic>{public}</IsPublic></PolicyStatus>'
        return 200, {"Content-Type": "application/xml"}, s3.XML_DECL + b"\n" + text.encode()

    s3.handle_request = handle


_TOO_LARGE = f"The policy exceeds the maximum allowed document size of {_LARGEST} bytes"


def _refusal(name, text):
    """What S3 says to this policy, or None."""
    if len(text.encode()) > _LARGEST:
        return _TOO_LARGE
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return "Policies must be valid JSON and the first byte must be '{'"
    statements = principals.statements(document)
    if not statements:
        return "Missing required field Statement"
    for statement in statements:
        said = _statement(name, statement)
        if said:
            return said
    return "Invalid principal in policy" if principals.unknown(document) is not None else None


def _statement(name, statement):
    if statement.get("Effect") not in ("Allow", "Deny"):
        return "Invalid effect: " + str(statement.get("Effect"))
    if not documents.conditions_hold_together(statement):
        return "Policy has an invalid condition"
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return "Missing required field Principal"
    if "Action" not in statement and "NotAction" not in statement:
        return "Missing required field Action"
    resources = documents.listed(statement.get("Resource", statement.get("NotResource", [])))
    if not resources:
        return "Missing required field Resource"
    for resource in resources:
        if not resource.startswith("arn:aws:s3:::"):
            return "Policy has invalid resource"
        if not fnmatch.fnmatchcase(name, resource.removeprefix("arn:aws:s3:::").split("/")[0]):
            return "Policy has invalid resource"
    for action in documents.listed(statement.get("Action", [])):
        if action != "*" and not action.lower().startswith("s3:"):
            return "Policy has invalid action"
        if "*" in action or "?" in action:
            continue
        in_objects = bool(_ON_OBJECTS.fullmatch(action))
        if not any("*" in one.split("/")[0] or ("/" in one) == in_objects for one in resources):
            return "Action does not apply to any resource(s) in statement"
    return None
