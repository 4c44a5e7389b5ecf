"""Functions whose process dies, when a test says so, and what they printed late.

Lambda Developer Guide, Lambda execution environment lifecycle: whatever ends the
process of a function, the call that it was at has failed, and the next gets a new one.
ministack does that; it is only asked to kill. A line that comes just after the answer
ministack keeps for the log of the next call: it is told here.

A program for another processor cannot run here: a person who deploys what a release has,
for arm64, can name what runs in its place.

A function reaches this stand-in and nothing else, whoever made it: a template that is
made for AWS says no endpoint. What its own environment says of that stays.
"""

import os
import shutil

from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc

from . import control

_twin = []  # holds the program, if there is one
_MACHINE = slice(18, 20)  # where ELF says for which processor a program is


def mend():
    control.ROUTES["kill-function"] = _kill
    control.ROUTES["late-lines"] = _late
    control.ROUTES["twin"] = _twins
    control.ON_RESET.append(_twin.clear)
    extracted = lambda_svc._provided_runtime_code_dir

    def code_dir(code_zip):
        folder = extracted(code_zip)
        program = os.path.join(folder, "bootstrap")
        if _twin and os.path.exists(program) and _machine(program) != _machine(_twin[0]):
            with lambda_svc._provided_code_lock:
                shutil.copy(_twin[0], program)
        return folder

    lambda_svc._provided_runtime_code_dir = code_dir
    original = lambda_svc._provided_worker_env

    def environment(config, *rest):
        here = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        own = lambda_svc._runtime_env_vars(config)
        return original(config, *rest) | {name: value for name, value in here.items() if name not in own}

    lambda_svc._provided_worker_env = environment


def _machine(program):
    with open(program, "rb") as file:
        return file.read(20)[_MACHINE]


def _twins(question):
    _twin[:] = [question["program"]]
    return {}


def _late(question):
    return [line for worker in _workers(question) for line in list(worker._stderr_queue.queue)]


def _workers(question):
    start = f"{question['account']}:{question['region']}:{question['name']}:"
    with runtime._lock:
        return [worker for key, pool in runtime._workers.items() if key.startswith(start) for worker in pool]


def _kill(question):
    """Kill what runs of a function, and say how many processes were at a call."""
    busy = 0
    for worker in _workers(question):
        process = worker._proc
        if process is not None and process.poll() is None:
            busy += worker.in_use
            process.kill()
    return {"busy": busy}
