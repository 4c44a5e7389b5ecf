"""Access key ids as AWS makes them: they hold their account.

ministack's are random hexadecimal digits. In AWS's the ten characters behind AKIA or
ASIA are fifty bits in base 32: a one, the account's forty, and nine more
(sts:GetAccessKeyInfo tells the account of a key id that it has never seen).
"""

import contextvars
import secrets
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id
from ministack.services import iam, sts

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# The account of the role that is being assumed.
_assumed = contextvars.ContextVar("account of the role", default="")


def mend():
    iam._gen_access_key_id = lambda: _make("AKIA", get_account_id())
    sts._gen_session_access_key = lambda: _make("ASIA", _assumed.get() or get_account_id())
    original = sts.handle_request

    async def handle(method, path, headers, body, query):
        arn = parse_qs(body.decode("utf-8", "replace")).get("RoleArn", [""])[0].split(":")
        token = _assumed.set(arn[4] if len(arn) > 5 else "")
        try:
            return await original(method, path, headers, body, query)
        finally:
            _assumed.reset(token)

    sts.handle_request = handle


def _make(prefix, account):
    bits = 1 << 49 | int(account) << 9 | secrets.randbits(9)
    held = "".join(_LETTERS[bits >> 5 * place & 31] for place in range(9, -1, -1))
    return prefix + held + "".join(secrets.choice(_LETTERS) for _ in range(6))
