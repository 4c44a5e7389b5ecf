"""Functions whose process dies, when a test says so.

Lambda Developer Guide, Lambda execution environment lifecycle: whatever ends the
process of a function, the call that it was at has failed, and the next gets a new one.
ministack does that; it is only asked to kill.
"""

from ministack.core import lambda_runtime as runtime

from . import control


def mend():
    control.ROUTES["kill-function"] = _kill


def _kill(question):
    """Kill what runs of a function, and say how many processes were at a call."""
    busy = 0
    start = f"{question['account']}:{question['region']}:{question['name']}:"
    with runtime._lock:
        workers = [worker for key, pool in runtime._workers.items() if key.startswith(start) for worker in pool]
    for worker in workers:
        process = worker._proc
        if process is not None and process.poll() is None:
            busy += worker.in_use
            process.kill()
    return {"busy": busy}
