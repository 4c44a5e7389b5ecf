"""Serves ministack on a free loopback port, with the mends of this folder, or plain."""

import asyncio
import importlib.metadata
import logging
import os
import sys

from . import lifeline

# The mends replace private functions of this very version.
PINNED = "1.5.33"


def main():
    found = importlib.metadata.version("ministack")
    if found != PINNED:
        sys.exit(f"ministack {found} is installed; the mends are written for {PINNED}")
    lifeline.hold()
    listener, address = lifeline.listen()
    configure(listener.getsockname()[1])
    # ministack reads its settings as it is imported.
    from ministack import app

    served = app.app if "plain" in sys.argv[1:] else mended(app.app)
    lifeline.ready(address)
    asyncio.run(serve(served, listener))


def mended(app):
    """ministack with the mends: the application that answers control.ROUTES, too."""
    from . import (
        alarms,
        analyzer,
        awskeys,
        batches,
        bucketpolicy,
        buses,
        control,
        controlpolicies,
        delivery,
        events,
        expectedowner,
        functions,
        history,
        hooks,
        identitycenter,
        keyids,
        keys,
        logs,
        metrics,
        mfa,
        notifications,
        objects,
        organizations,
        ownership,
        policy,
        principals,
        publickeys,
        receipts,
        recording,
        refusals,
        regions,
        requests,
        roles,
        sealed,
        sessions,
        stackdrift,
        stacknames,
        stackoperations,
        stackresources,
        stackrights,
        stacksetcalls,
        stacksets,
        stacktables,
        sts,
        tables,
        targets,
        topics,
        trails,
    )

    # In this order they wrap what ministack answers: the last sees a call first.
    parts = (control, policy, keyids, sts, mfa, sessions, principals, roles, bucketpolicy, ownership)
    parts += (awskeys, sealed, objects, keys, organizations, trails)
    parts += (identitycenter, history, publickeys, controlpolicies, refusals, analyzer, tables, batches, functions)
    parts += (receipts, notifications, expectedowner, topics, regions)
    parts += (stackresources, stacktables, stacknames, stackoperations, stackdrift)
    parts += (stackrights, stacksets, stacksetcalls)
    parts += (buses, targets, alarms, metrics, logs)
    for part in (*parts, events, delivery, recording, hooks, requests):
        part.mend()
    return control.beside(app)


def configure(port):
    os.environ.update(
        AUTH="true",  # verify signatures and policies: not ministack's default
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL=os.environ.get("AWSTEST_LOG", "WARNING"),
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )


async def serve(app, listener):
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    logging.getLogger("hypercorn.access").disabled = True
    await hypercorn(app, config)


if __name__ == "__main__":
    main()
