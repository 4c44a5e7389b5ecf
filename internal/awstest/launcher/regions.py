"""Regions that an account has enabled, and those that it has not.

Account Management Reference Guide, Enable or disable AWS Regions in your account: some
are by default and stay so, others on request; ListRegions, GetRegionOptStatus. A call to
a region that is not enabled fails as with an unknown key (IAM User Guide, Managing AWS
STS in an AWS Region; re:Post, "The security token included in the request is invalid").
To ministack all are enabled. A test may leave an account fewer than it has by default:
that AWS does not, but each region more is more for it to do.
"""

import json
import re

from ministack import app
from ministack.core import iam_actions, router
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import error_response_json, get_account_id
from ministack.services import account

from . import control, pages

# Account, and the regions that a test gave it.
_enabled = {}
_PAGE = 50
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")


def mend():
    control.ROUTES["regions"] = _put
    control.ON_RESET.append(_enabled.clear)
    account._DISPATCH["/listRegions"] = _list
    account._DISPATCH["/getRegionOptStatus"] = _status
    iam_actions._BOTOCORE_SERVICE_MAP["account"] = ["account"]  # so that account:ListRegions is asked for
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        signed = _SCOPE.search(headers.get("authorization", ""))
        # S3's own refusal of a region that is not enabled is not documented.
        if signed and signed[2] != "s3" and signed[1] in account._REGIONS_LIST and not is_enabled(signed[1]):
            unknown = evaluator._unknown_access_key()
            failure = evaluator.AuthError(unknown.code, unknown.message)
            service = router.detect_service(
                method, path, headers, app._routing_params(method, path, headers, body, query)
            )
            return app._credential_failure(service, None, request_id, failure, headers)
        return await original(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch


def _put(question):
    unknown = set(question["regions"]) - set(account._REGIONS_LIST)
    if unknown:
        raise ValueError(f"AWS has no such regions: {sorted(unknown)}")
    _enabled[question["account"]] = set(question["regions"])
    return {}


def is_enabled(region):
    return region in _enabled.get(get_account_id(), _by_default())


def _by_default():
    return set(account._REGIONS_LIST) - account._OPT_IN_REQUIRED


def _opt_status(region):
    if not is_enabled(region):
        return "DISABLED"
    return "ENABLED" if region in account._OPT_IN_REQUIRED else "ENABLED_BY_DEFAULT"


def _list(question):
    refused = _of_another(question)
    if refused:
        return refused
    wanted = question.get("RegionOptStatusContains")
    found = [{"RegionName": name, "RegionOptStatus": _opt_status(name)} for name in sorted(account._REGIONS_LIST)]
    found = [one for one in found if not wanted or one["RegionOptStatus"] in wanted]
    return 200, {"Content-Type": "application/json"}, json.dumps(pages.cut("Regions", found, question, _PAGE)).encode()


def _status(question):
    name = question.get("RegionName")
    if name not in account._REGIONS_LIST:
        return error_response_json("ValidationException", f"Invalid region: {name}", 400)
    return (
        200,
        {"Content-Type": "application/json"},
        json.dumps({"RegionName": name, "RegionOptStatus": _opt_status(name)}).encode(),
    )


def _of_another(question):
    if question.get("AccountId") not in (None, get_account_id()):
        return error_response_json("AccessDeniedException", "The account is not one that you may ask for.", 403)
    return None
