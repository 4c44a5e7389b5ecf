"""Tables that CloudFormation makes, with all that the template says.

CloudFormation Template Reference, AWS::DynamoDB::Table: time to live, point-in-time
recovery, encryption and protection against deletion are calls of their own to DynamoDB.
A protected table is not deleted: DELETE_FAILED. ministack leaves these out.
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from . import stackresources, tables

_SAME = (
    "AttributeDefinitions KeySchema BillingMode ProvisionedThroughput OnDemandThroughput GlobalSecondaryIndexes "
    "LocalSecondaryIndexes DeletionProtectionEnabled TableClass"
).split()


def mend():
    (changed,) = stackresources.handlers("AWS::DynamoDB::Table", "update")

    def update(physical_id, old, new, stack, logical_id=None):
        old, new = _typed(old), _typed(new)
        name, attributes = changed(physical_id, old, new, stack, logical_id)
        _settings(name, new, old)
        return name, attributes

    stackresources.put("AWS::DynamoDB::Table", create=_create, update=update, delete=_delete)


def _typed(properties):
    """CloudFormation makes a boolean of what a parameter gives as text."""
    if isinstance(properties, dict):
        return {key: _typed(value) for key, value in properties.items()}
    return {"true": True, "false": False}.get(properties, properties) if isinstance(properties, str) else properties


def _create(logical_id, properties, stack):
    properties = _typed(properties)
    name = properties.get("TableName") or provisioners._physical_name(stack, logical_id, max_len=255)
    asked = {key: properties[key] for key in _SAME if key in properties} | {"TableName": name}
    asked["Tags"] = [
        {"Key": key, "Value": value} for key, value in provisioners._tag_map(properties.get("Tags")).items()
    ]
    if properties.get("StreamSpecification"):
        asked["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    encryption = properties.get("SSESpecification")
    if encryption:
        asked["SSESpecification"] = {
            {"SSEEnabled": "Enabled"}.get(key, key): value for key, value in encryption.items()
        }
    stackresources.done(dynamodb._create_table(asked))
    # CloudFormation waits until the table and its backups are there.
    for place in [place for place in tables._ready if place[:3] == (get_account_id(), get_region(), name)]:
        del tables._ready[place]
    _settings(name, properties, {})
    return name, provisioners._ddb_attrs(dynamodb._tables[name])


def _settings(name, new, old):
    wanted, had = new.get("TimeToLiveSpecification") or {}, old.get("TimeToLiveSpecification") or {}
    if wanted != had:
        on = bool(had.get("Enabled"))
        if on:
            stackresources.done(
                dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": {**had, "Enabled": False}})
            )
        if wanted.get("Enabled"):
            stackresources.done(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": wanted}))
    wanted, had = (
        bool((at.get("PointInTimeRecoverySpecification") or {}).get("PointInTimeRecoveryEnabled")) for at in (new, old)
    )
    if wanted != had:
        setting = {"PointInTimeRecoveryEnabled": wanted}
        stackresources.done(
            dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": setting})
        )


def _delete(physical_id, properties):
    if physical_id in dynamodb._tables:
        stackresources.done(dynamodb._delete_table({"TableName": physical_id}))
