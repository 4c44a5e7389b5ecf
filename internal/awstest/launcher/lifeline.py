"""Ends a stand-in with the process that started it.

That process holds our standard input open. However it ends, killed too, the
system closes the input, and everything that runs here goes at once.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading


def hold():
    """From here on this process, and what it starts, ends with its parent."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # a Ctrl-C on the terminal is for the parent to handle
    scratch = tempfile.mkdtemp(prefix="crosstrail-")
    tempfile.tempdir = os.environ["TMPDIR"] = scratch
    threading.Thread(target=_wait, args=(sys.stdin.fileno(), scratch), daemon=True).start()


def _wait(descriptor, scratch):
    while os.read(descriptor, 4096):
        pass
    shutil.rmtree(scratch, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def listen():
    """A listening socket on a loopback port that was free, and its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    return listener, "http://127.0.0.1:%d" % listener.getsockname()[1]


def ready(address):
    """Tell the parent, which reads the first line, where we listen."""
    print(address, flush=True)
