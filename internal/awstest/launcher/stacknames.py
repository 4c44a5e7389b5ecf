"""Names of a stack's resources: those that it makes up, and those that are taken.

IAM's names are those of a whole account, so what a stack makes up has something random:
two stacks of one name, in two regions, do not share a role.

CloudFormation User Guide, Troubleshooting: AlreadyExists ("Resource of type … with
identifier … already exists"). DELETE_FAILED for a bucket that is not empty ("You must
make sure that the bucket is empty"). ministack makes it anew over what was there, and
deletes a bucket with its objects.
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, cloudwatch_logs, iam, s3, sns, sqs
from ministack.services.cloudformation import provisioners

from . import stackresources


def _arn(service, name):
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{name}"


# Type, the property with its name, and whether there is one.
_NAMED = {
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda name: name in cloudwatch._alarms),
    "AWS::IAM::ManagedPolicy": (
        "ManagedPolicyName",
        lambda name: f"arn:aws:iam::{get_account_id()}:policy/{name}" in iam._policies,
    ),
    "AWS::IAM::Role": ("RoleName", lambda name: name.lower() in {other.lower() for other in iam._roles}),
    "AWS::Logs::LogGroup": ("LogGroupName", lambda name: name in cloudwatch_logs._log_groups),
    "AWS::SNS::Topic": ("TopicName", lambda name: _arn("sns", name) in sns._topics),
    "AWS::SQS::Queue": ("QueueName", lambda name: sqs._queue_by_arn(_arn("sqs", name)) is not None),
}


def mend():
    made_up = provisioners._physical_name

    def name(*asked, **options):
        # ministack makes it of the stack's name alone; it has to stay so for an update.
        seed = provisioners._NAME_SEED
        token = seed.set(f"{seed.get()}{get_account_id()}{get_region()}")
        try:
            return made_up(*asked, **options)
        finally:
            seed.reset(token)

    provisioners._physical_name = name
    for kind, (key, taken) in _NAMED.items():
        stackresources.put(kind, create=_where_free(kind, key, taken, *stackresources.handlers(kind, "create")))
    (delete,) = stackresources.handlers("AWS::S3::Bucket", "delete")

    def delete_empty(physical_id, properties):
        bucket = s3._buckets.get(physical_id) or {}
        if bucket.get("objects") or any(name == physical_id for name, _key in s3._object_versions):
            words = "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)"
            raise stackresources.failure("GeneralServiceException", words)
        delete(physical_id, properties)

    stackresources.put("AWS::S3::Bucket", delete=delete_empty)


def _where_free(kind, key, taken, create):
    def make(logical_id, properties, stack):
        name = properties.get(key)
        if name and taken(name):
            words = f"Resource of type '{kind}' with identifier '{name}' already exists."
            raise stackresources.failure("AlreadyExists", words)
        return create(logical_id, properties, stack)

    return make
