"""Access Analyzer's ValidatePolicy, with the few findings that our tests ask about.

IAM Access Analyzer API Reference, ValidatePolicy; User Guide, IAM Access Analyzer
policy check reference. It finds what is in _statement, and nothing else: that it
finds nothing says nothing about AWS.
"""

import fnmatch
import json
import re

from ministack import app
from ministack.core import iam_actions, router
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from . import documents, principals

_ACTION = "access-analyzer:ValidatePolicy"
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/[^/]+/access-analyzer/")
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#"
# The actions that exist, of the services that we write policies for.
_KNOWN = {
    "s3": "GetObject GetObjectVersion GetObjectAttributes ListBucket ListBucketVersions GetBucketLocation PutObject "
    "DeleteObject GetBucketAcl GetBucketPolicy PutBucketPolicy",
    "kms": "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext CreateGrant ListGrants",
    "sts": "AssumeRole TagSession SetSourceIdentity GetCallerIdentity",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?|\d+")


def mend():
    # ministack would read the models of every service of AWS to learn of this one: ten seconds.
    is_service = router._is_aws_service_name
    router._is_aws_service_name = lambda name: name == "access-analyzer" or is_service(name)
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        if not _CREDENTIAL.search(headers.get("authorization", "")):
            return await original(method, path, headers, body, query, request_id)
        return _answer(path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch


def _answer(path, headers, body, query, request_id):
    if path != "/policy/validation":
        return _json(404, {"message": "Not found"}, "ResourceNotFoundException")
    refused = evaluator.enforce(extract_access_key_id(headers, query), _ACTION, "access-analyzer", get_region())
    if isinstance(refused, evaluator.AuthError):
        return _json(403, {"message": refused.message}, refused.code)
    if refused:
        said = iam_actions.identity_denial_message(_ACTION, refused.principal_arn, "*", refused.decision == "Deny")
        return _json(403, {"message": said}, "AccessDeniedException")
    asked = json.loads(body)
    return _json(200, {"findings": list(_findings(asked["policyDocument"], asked["policyType"]))})


def _json(status, document, error=""):
    headers = {"Content-Type": "application/json"}
    if error:
        headers["x-amzn-errortype"] = error
    return status, headers, json.dumps(document).encode()


def _findings(text, kind):
    try:
        document = json.loads(text)
    except ValueError as error:
        yield _finding("ERROR", "JSON_SYNTAX_ERROR", f"Fix the JSON syntax error: {error}", [])
        return
    if "Version" not in document:
        yield _finding("WARNING", "MISSING_VERSION", "We recommend that you specify the Version element.", [])
    for at, statement in enumerate(principals.statements(document)):
        for weight, code, said in _statement(statement, kind):
            yield _finding(weight, code, said, [{"value": "Statement"}, {"index": at}])


def _statement(statement, kind):
    for action in documents.listed(statement.get("Action", [])):
        service, _, name = action.partition(":")
        known = _KNOWN.get(service.lower())
        if action != "*" and not name:
            yield "ERROR", "INVALID_ACTION", f"The action {action} is not valid."
        elif known and not fnmatch.filter(known.lower().split(), name.lower()):
            yield "ERROR", "INVALID_ACTION", f"The action {action} does not exist."
        if action.lower() in ("*", "iam:*", "iam:passrole") and "*" in documents.listed(statement.get("Resource", [])):
            yield "SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", "iam:PassRole with * can be overly permissive."
    if "NotPrincipal" in statement and statement.get("Effect") == "Allow":
        yield "SECURITY_WARNING", "ALLOW_WITH_NOT_PRINCIPAL", "Using Allow with NotPrincipal can be overly permissive."
    if "Principal" in statement and kind == "IDENTITY_POLICY":
        yield (
            "ERROR",
            "UNSUPPORTED_PRINCIPAL",
            "The policy type IDENTITY_POLICY does not support the Principal element.",
        )
    if kind == "RESOURCE_POLICY" and "Principal" not in statement and "NotPrincipal" not in statement:
        yield "ERROR", "MISSING_PRINCIPAL", "Add a Principal element to the policy statement."
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            if operator.startswith("Date") and not all(_DATE.fullmatch(str(v)) for v in documents.listed(values)):
                yield "ERROR", "TYPE_MISMATCH_DATE", f"The value of {key} does not have the form of a date."


def _finding(weight, code, said, path):
    place = {"line": 1, "column": 0, "offset": 0}
    return {
        "findingType": weight,
        "issueCode": code,
        "findingDetails": said,
        "learnMoreLink": _GUIDE + code.lower().replace("_", "-"),
        "locations": [{"path": path, "span": {"start": place, "end": place}}],
    }
