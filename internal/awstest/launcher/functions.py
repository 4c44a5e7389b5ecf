"""Functions whose process dies, when a test says so, and what they printed late.

Lambda Developer Guide, Lambda execution environment lifecycle: whatever ends the
process of a function, the call that it was at has failed, and the next gets a new one.
ministack does that; it is only asked to kill. A line that comes just after the answer
ministack keeps for the log of the next call: it is told here.
"""

from ministack.core import lambda_runtime as runtime

from . import control


def mend():
    control.ROUTES["kill-function"] = _kill
    control.ROUTES["late-lines"] = _late


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
