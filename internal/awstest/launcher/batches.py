"""Batches of SQS, which ministack wants permissions of their own for.

SQS Developer Guide, "Amazon SQS batch actions": permissions cannot be set for them;
that of SendMessage, DeleteMessage or ChangeMessageVisibility is that of the batch.
"""

from ministack.core import iam_evaluator as evaluator


def mend():
    original = evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if service == "sqs":
            iam_action = iam_action.removesuffix("Batch")
        return original(access_key_id, iam_action, service, region, resource_arn, service_context)

    evaluator.enforce = enforce
