"""What happens just before a call, when a test says so: a change by somebody else.

POST /_awstest/before has the IAM action, which of the calls from now on is meant, and
a URL. That call is held until a POST to the URL is answered; the others go on.
"""

import asyncio
import urllib.request

from ministack import app

from . import control, requests

# Action, and how many calls are still to come, with the URL.
_waiting = {}
_LONGEST = 30


def mend():
    control.ROUTES["before"] = _put
    control.ON_RESET.append(_waiting.clear)
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        name = requests.action(method, path, headers, body, query) if _waiting else None
        if name in _waiting:
            left, url = _waiting.pop(name)
            if left > 1:
                _waiting[name] = left - 1, url
            else:
                await asyncio.to_thread(_tell, url)
        return await original(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch


def _put(question):
    _waiting[question["action"]] = question["nth"], question["url"]
    return {}


def _tell(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(url, method="POST"), timeout=_LONGEST).close()
