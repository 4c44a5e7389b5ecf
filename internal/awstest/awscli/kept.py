"""AWS's command line, whose modules are loaded once for many commands.

serve SOCKET prints a line, listens until its standard input ends, and answers each call in a process
of its own, forked, with the caller's arguments, environment, folder and files. call
SOCKET ARG... is a caller. To load the modules is most of what a command takes.
"""

import json
import os
import signal
import socket
import sys


def call(address, arguments):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(address)
        question = json.dumps({"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}).encode()
        socket.send_fds(s, [len(question).to_bytes(4, "big")], [0, 1, 2])
        s.sendall(question)
        status = s.recv(1)
        return status[0] if status else "the process of the command ended without an exit status"


def serve(address):
    import awscli.clidriver
    import awscli.handlers  # noqa: F401
    import botocore.endpoint  # noqa: F401
    import botocore.httpsession  # noqa: F401
    import botocore.signers  # noqa: F401

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    if os.fork():
        sys.stdin.buffer.read()
        os.killpg(0, signal.SIGKILL)
    print("ready", flush=True)
    while True:
        s, _ = listener.accept()
        if os.fork():
            s.close()
            continue
        listener.close()
        run(s, awscli.clidriver.main, os.environ["AWS_DATA_PATH"])  # which importing has set


def run(s, main, data):
    status = 255
    try:
        length, files, _, _ = socket.recv_fds(s, 4, 3)
        left, question = int.from_bytes(length, "big"), b""
        while len(question) < left:
            question += s.recv(left - len(question))
        asked = json.loads(question)
        for standard, given in enumerate(files):
            os.dup2(given, standard)
            os.close(given)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"], AWS_DATA_PATH=data)
        sys.argv = ["aws", *asked["arguments"]]
        status = main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        s.sendall(bytes([(status or 0) & 255]))
        os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(call(sys.argv[2], sys.argv[3:]))
