"""AssumeRole and GetSessionToken with the code of an MFA device.

ministack takes no notice of SerialNumber and TokenCode. STS API Reference,
AssumeRole and GetSessionToken; IAM User Guide, Secure API access with MFA; RFC 6238
for the code, which is taken once. A test makes a device with POST /_awstest/mfa-device.
"""

import base64
import contextvars
import hashlib
import hmac
import secrets
import struct
import time
from urllib.parse import parse_qs

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from . import control

_STEP = 30

# Serial number, and the user whose device it is with its seed.
_devices = {}
# Serial numbers with codes that were taken.
_taken = set()
# Keys of the sessions of GetSessionToken that a code was shown for.
_sessions = set()
# Whether the call being answered showed a right code.
_shown = contextvars.ContextVar("mfa shown", default=False)


def mend():
    control.ROUTES["mfa-device"] = _make
    control.ON_RESET += [_devices.clear, _taken.clear, _sessions.clear]
    original, keys, register = sts.handle_request, sts._principal_keys, sts.register_session

    async def handle(method, path, headers, body, query):
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("Action") not in ("AssumeRole", "GetSessionToken") or "TokenCode" not in form:
            return await original(method, path, headers, body, query)
        caller = evaluator.resolve_credential(extract_access_key_id(headers, query), get_account_id())
        user, seed = _devices.get(form.get("SerialNumber"), (None, b""))
        code = (form.get("SerialNumber"), form["TokenCode"])
        if user != getattr(caller, "principal_arn", "") or form["TokenCode"] not in _codes(seed) or code in _taken:
            return iam._error(
                403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", ns="sts"
            )
        _taken.add(code)
        token = _shown.set(True)
        try:
            return await original(method, path, headers, body, query)
        finally:
            _shown.reset(token)

    def with_mfa(credential):
        found = keys(credential)
        if _shown.get() or credential.access_key_id in _sessions:
            found.update({"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"})
        return found

    def noted(access_key, session):
        if _shown.get() and session.get("PrincipalType") != "AssumedRole":
            _sessions.add(access_key)
        register(access_key, session)

    # STS has a name of its own for the function that every other service calls.
    sts.handle_request, sts._principal_keys, sts.register_session = handle, with_mfa, noted
    evaluator._principal_keys = with_mfa


def _make(question):
    account, user = question["account"], question["user"]
    serial, seed = f"arn:aws:iam::{account}:mfa/{user}", secrets.token_bytes(20)
    _devices[serial] = (f"arn:aws:iam::{account}:user/{user}", seed)
    return {"serial": serial, "seed": base64.b64encode(seed).decode()}


def _codes(seed):
    """The code of now, and those before and after it: clocks differ."""
    step = int(time.time()) // _STEP
    return {_code(seed, step + shift) for shift in (-1, 0, 1)}


def _code(seed, step):
    digest = hmac.new(seed, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6)
