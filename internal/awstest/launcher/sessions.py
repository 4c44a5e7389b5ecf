"""Sessions that end sooner than AWS lets one ask for: no test waits 15 minutes."""

import re
import time

from ministack.services import sts

from . import control

_life = {}  # "seconds": what every session lasts, if it is there


def mend():
    control.ROUTES["session-life"] = _set_life
    control.ROUTES["expire"] = _expire
    control.ON_RESET.append(_life.clear)

    register = sts.register_session

    def shorter(access_key, session):
        if "seconds" in _life:
            session["Expiration"] = time.time() + _life["seconds"]
        register(access_key, session)

    sts.register_session = shorter

    handle = sts.handle_request

    async def dated(*request):
        status, headers, body = await handle(*request)
        if "seconds" in _life and status == 200:
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _life["seconds"]))
            body = re.sub(rb"<Expiration>[^<]*", b"<Expiration>" + end.encode(), body)
        return status, headers, body

    sts.handle_request = dated


def _set_life(question):
    _life.clear()
    if question["seconds"] > 0:
        _life["seconds"] = question["seconds"]
    return {}


def _expire(question):
    account, name = question["roleArn"].split(":")[4], question["roleArn"].rsplit("/", 1)[-1]
    of_role = f"arn:aws:sts::{account}:assumed-role/{name}/"
    ended = [session for session in sts._sessions.values() if str(session.get("Arn", "")).startswith(of_role)]
    for session in ended:
        session["Expiration"] = time.time() - 1
    return {"ended": len(ended)}
