"""Serves microburst on a free loopback port, in front of another stand-in."""

import sys
from urllib.parse import unquote

from . import lifeline


def main():
    lifeline.hold()
    listener, address = lifeline.listen()

    from aiohttp import web
    from microburst.app import make_app
    from microburst.core.pipeline import Microburst

    keep_host()
    name_objects()
    name_errors()
    proxy = make_app(Microburst(sys.argv[1], resign=False))
    lifeline.ready(address)
    web.run_app(proxy, sock=listener, print=None, access_log=None)


def keep_host():
    """The Host that the caller signed goes on, or its signature would be wrong.

    microburst would send its own, for it signs anew where signatures matter.
    """
    from microburst.forward import Upstream

    original = Upstream._outbound_headers

    def headers(self, request):
        return {**original(self, request), "host": request.headers["host"]}

    Upstream._outbound_headers = headers


def name_objects():
    """The resource of an S3 call is bucket/key, so that a rule can mean one object."""
    from microburst import detection

    original = detection.resource_hint

    def hint(service, operation, path, body):
        return unquote(path.strip("/")) if service == "s3" else original(service, operation, path, body)

    detection.resource_hint = hint


def name_errors():
    """SQS's errors are named as the rule says.

    microburst puts AWS.SimpleQueueService. before each, for clients of the query protocol;
    AWS does not before RequestThrottled (SQS API Reference, ReceiveMessage, Errors),
    and the SDKs would not know it for a throttle.
    """
    from microburst import protocols

    protocols.query_error_namespace = lambda service: None


if __name__ == "__main__":
    main()
