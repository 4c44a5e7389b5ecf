"""CloudWatch's metrics of queues and rules, as far as they are asked for.

SQS Developer Guide, Available CloudWatch metrics: the age of the oldest message, and how
many are visible; a point of each is made when metrics are read, and is not kept. EventBridge User Guide,
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
        # For this answer only: alarms are in the state that a test sets.
        made = [(cloudwatch._metric_bucket(key), point) for key, point in _points(time.time())]
        for bucket, point in made:
            bucket.append(point)
        try:
            return answer(*question, **options)
        finally:
            for bucket, point in made:
                bucket.remove(point)

    return ask


def _points(now):
    for queue in list(sqs._queues.values()):
        of = {"QueueName": queue["name"]}
        oldest = min((message["sent_at"] for message in queue["messages"]), default=now)
        visible = sum(message["visible_at"] <= now for message in queue["messages"])
        for name, unit, value in (
            ("ApproximateAgeOfOldestMessage", "Seconds", int(now - oldest)),
            ("ApproximateNumberOfMessagesVisible", "Count", visible),
        ):
            key = "AWS/SQS", name, cloudwatch._dims_key(of)
            yield key, {"Timestamp": now, "Value": float(value), "Unit": unit, "Dimensions": of}


def _failed(place, rule):
    of, bus = {"RuleName": rule["Name"]}, rule.get("EventBusName", "default")
    with request_scope(*place):
        cloudwatch.record_metric(
            "AWS/Events", "FailedInvocations", 1, "Count", of if bus == "default" else of | {"EventBusName": bus}
        )
