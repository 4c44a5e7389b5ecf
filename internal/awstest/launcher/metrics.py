"""CloudWatch's metrics of queues and rules, as far as they are asked for.

SQS Developer Guide, Available CloudWatch metrics: the age of the oldest message, and how
many are visible; a point of each is made when metrics are read. EventBridge User Guide,
Monitoring Amazon EventBridge: FailedInvocations of a rule. ministack has those of
functions only.
"""

import time

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, sqs

from . import targets


def mend():
    for name in ("_get_metric_data", "_get_metric_statistics"):
        setattr(cloudwatch, name, _measured(getattr(cloudwatch, name)))
    targets.ON_FAILURE.append(_failed)


def _measured(answer):
    def ask(*question, **options):
        now = time.time()
        for queue in list(sqs._queues.values()):
            of = {"QueueName": queue["name"]}
            oldest = min((message["sent_at"] for message in queue["messages"]), default=now)
            visible = sum(message["visible_at"] <= now for message in queue["messages"])
            cloudwatch.record_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", int(now - oldest), "Seconds", of)
            cloudwatch.record_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, "Count", of)
        return answer(*question, **options)

    return ask


def _failed(place, rule):
    of, bus = {"RuleName": rule["Name"]}, rule.get("EventBusName", "default")
    with request_scope(*place):
        cloudwatch.record_metric(
            "AWS/Events", "FailedInvocations", 1, "Count", of if bus == "default" else of | {"EventBusName": bus}
        )
