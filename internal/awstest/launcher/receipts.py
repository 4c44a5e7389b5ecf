"""Receipt handles that are not the last, of messages that are gone or visible again.

SQS API Reference, DeleteMessage: "If you use an old ReceiptHandle, the request will
succeed, but the message might not be deleted." ChangeMessageVisibility, Errors:
MessageNotInflight. ministack refuses the one and takes the other.
"""

import re
import time

from ministack.services import sqs

# What ministack gives as a handle.
_HANDLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GONE = "The specified message isn't in flight."


def mend():
    actions = sqs._HANDLERS
    actions["DeleteMessage"] = _delete(actions["DeleteMessage"])
    actions["DeleteMessageBatch"] = _delete_batch(actions["DeleteMessageBatch"])
    actions["ChangeMessageVisibility"] = _hide(actions["ChangeMessageVisibility"])
    actions["ChangeMessageVisibilityBatch"] = _hide_batch(actions["ChangeMessageVisibilityBatch"])


def _delete(original):
    def delete(data, url):
        try:
            return original(data, url)
        except sqs._Err as error:
            if error.code == "ReceiptHandleIsInvalid" and _HANDLE.fullmatch(data["ReceiptHandle"]):
                return {}
            raise

    return delete


def _delete_batch(original):
    def delete(data, url):
        answer = original(data, url)
        handles = {entry["Id"]: entry["ReceiptHandle"] for entry in data["Entries"]}
        old = [failure for failure in answer["Failed"] if _HANDLE.fullmatch(handles[failure["Id"]])]
        answer["Successful"] += [{"Id": failure["Id"]} for failure in old]
        answer["Failed"] = [failure for failure in answer["Failed"] if failure not in old]
        return answer

    return delete


def _flies(data, url, handle):
    """Whether a message with this handle is hidden now. What has no such form is left to ministack."""
    if not _HANDLE.fullmatch(handle or ""):
        return True
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:ChangeMessageVisibility")
    now = time.time()
    return any(message["receipt_handle"] == handle and message["visible_at"] > now for message in queue["messages"])


def _hide(original):
    def hide(data, url):
        if not _flies(data, url, data.get("ReceiptHandle")):
            raise sqs._Err("MessageNotInflight", _GONE)
        return original(data, url)

    return hide


def _hide_batch(original):
    def hide(data, url):
        landed = [entry for entry in data.get("Entries", []) if not _flies(data, url, entry.get("ReceiptHandle"))]
        flying = [entry for entry in data.get("Entries", []) if entry not in landed]
        answer = original(dict(data, Entries=flying), url) if flying or not landed else {"Successful": [], "Failed": []}
        answer["Failed"] += [
            {"Id": entry["Id"], "Code": "MessageNotInflight", "Message": _GONE, "SenderFault": True} for entry in landed
        ]
        return answer

    return hide
