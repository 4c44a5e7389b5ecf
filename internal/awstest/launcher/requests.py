"""Counts the calls that come in, by IAM action: s3:ListBucket, sts:AssumeRole.

A test that says how few calls something takes asks the other end, not the caller.
A HEAD, which has the action of its GET, is counted apart: HEAD s3:GetObject.
"""

import collections

from ministack import app
from ministack.core import iam_actions, router

from . import control

_counts = collections.Counter()


def mend():
    control.ROUTES["requests"] = lambda question: dict(_counts)
    control.ON_RESET.append(_counts.clear)
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        name = action(method, path, headers, body, query) or f"{method} {path}"
        _counts[f"HEAD {name}" if method == "HEAD" else name] += 1
        return await original(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch


def action(method, path, headers, body, query):
    """The IAM action of a call, or None."""
    parameters = app._routing_params(method, path, headers, body, query)
    service = router.detect_service(method, path, headers, parameters)
    return iam_actions.extract_iam_action(service, method, path, headers, body, parameters)
