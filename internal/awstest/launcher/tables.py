"""DynamoDB's limits and waits that ministack does not have.

DynamoDB API Reference: UpdateTable makes or deletes one index at a time, each with a
capacity where the table has one; a table and its indexes take a time until they are
ACTIVE (Developer Guide, Managing Global Secondary Indexes), and backups a moment
after (ContinuousBackupsUnavailableException); UpdateTimeToLive refuses what is so
already; BatchGetItem gives 16 MB at most, and tells the rest as UnprocessedKeys, as
both batches do with what was throttled. Items expire by and by (Developer Guide, Using
time to live): here when a test says so, too.
"""

import time

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import dynamodb

from . import control

_MOST = 16 << 20
_ITEM_CALLS = "put_item get_item delete_item update_item query scan batch_write_item batch_get_item"

_ready = {}  # (account, region, table, index or None) and when it is ACTIVE
_takes = {"seconds": 0}
_throttled = {"batches": 0}


def mend():
    control.ROUTES["table-time"] = lambda question: _takes.update(question) or {}
    control.ROUTES["unprocessed"] = lambda question: _throttled.update(question) or {}
    control.ROUTES["expire-items"] = _expire
    control.ON_RESET += [_ready.clear, lambda: _takes.update(seconds=0), lambda: _throttled.update(batches=0)]
    for name in _ITEM_CALLS.split():
        _wrap(name, _of_a_table_that_is_made)
    _wrap("query", _of_an_index)
    _wrap("scan", _of_an_index)
    _wrap("create_table", _create)
    _wrap("update_table", _update)
    _wrap("update_ttl", _time_to_live)
    _wrap("update_continuous_backups", _backups)
    _wrap("batch_get_item", _batch_get)
    _wrap("batch_write_item", _batch_write)
    described = dynamodb._table_description
    dynamodb._table_description = lambda name: _described(name, described(name))


def _wrap(name, around):
    original = getattr(dynamodb, "_" + name)
    setattr(dynamodb, "_" + name, lambda data: around(original, data))


def _place(table, index=None):
    return get_account_id(), get_region(), dynamodb._normalize_table_name(table), index


def _waits(table, index=None):
    return _ready.get(_place(table, index), 0) > time.time()


def _begin(table, index=None):
    if _takes["seconds"]:
        _ready[_place(table, index)] = time.time() + _takes["seconds"]


def _busy(table):
    """An index of the table that is still being made, or None."""
    for index in dynamodb._tables.get(dynamodb._normalize_table_name(table), {}).get("GlobalSecondaryIndexes") or []:
        if _waits(table, index["IndexName"]):
            return index["IndexName"]
    return None


def _described(name, table):
    if _waits(name):
        table["TableStatus"] = "CREATING"
    elif _busy(name):
        table["TableStatus"] = "UPDATING"
    table["GlobalSecondaryIndexes"] = [
        dict(index, IndexStatus="CREATING", Backfilling=True) if _waits(name, index["IndexName"]) else index
        for index in table.get("GlobalSecondaryIndexes") or []
    ]
    if not table["GlobalSecondaryIndexes"]:
        del table["GlobalSecondaryIndexes"]
    return table


def _of_a_table_that_is_made(answer, data):
    tables = data.get("RequestItems") or [data.get("TableName")]
    if any(isinstance(table, str) and _waits(table) for table in tables):
        return error_response_json("ResourceNotFoundException", "Requested resource not found", 400)
    return answer(data)


def _of_an_index(answer, data):
    index = data.get("IndexName")
    if index and _waits(data["TableName"], index):
        return _invalid(f"Cannot read from backfilling global secondary index: {index}")
    return answer(data)


def _create(answer, data):
    refused = _without_capacity(data.get("GlobalSecondaryIndexes"), data.get("BillingMode") or "PROVISIONED")
    if refused:
        return refused
    status, headers, body = answer(data)
    if status == 200:
        _begin(data["TableName"])
        return json_response({"TableDescription": dynamodb._table_description(_place(data["TableName"])[2])})
    return status, headers, body


def _update(answer, data):
    name = data.get("TableName") or ""
    table = dynamodb._tables.get(dynamodb._normalize_table_name(name)) or {}
    if _waits(name):
        return _in_use(name, "created")
    changes = [change for change in data.get("GlobalSecondaryIndexUpdates") or [] if "Update" not in change]
    if len(changes) > 1 or changes and _busy(name):
        return error_response_json(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            400,
        )
    made = [change["Create"] for change in changes if "Create" in change]
    mode = data.get("BillingMode") or table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    refused = _without_capacity(made, mode)
    if refused:
        return refused
    status, headers, body = answer(data)
    if status == 200 and made:
        _begin(name, made[0]["IndexName"])
        return json_response({"TableDescription": dynamodb._table_description(_place(name)[2])})
    return status, headers, body


def _without_capacity(indexes, mode):
    for index in indexes or []:
        if mode == "PROVISIONED" and "ProvisionedThroughput" not in index:
            why = f"ProvisionedThroughput is not specified for index: {index.get('IndexName')}"
            return _invalid("One or more parameter values were invalid: " + why)
    return None


def _time_to_live(answer, data):
    name, wanted = data.get("TableName") or "", data.get("TimeToLiveSpecification") or {}
    if _waits(name):
        return _in_use(name, "created")
    now = dynamodb._ttl_settings.get(dynamodb._normalize_table_name(name)) or {}
    is_on = now.get("TimeToLiveStatus") == "ENABLED"
    if is_on and wanted.get("Enabled") and now.get("AttributeName") != wanted.get("AttributeName"):
        other = now["AttributeName"]
        return _invalid(f"TimeToLive is active on a different AttributeName: current AttributeName is {other}")
    if bool(wanted.get("Enabled")) == is_on:
        return _invalid(f"TimeToLive is already {'enabled' if is_on else 'disabled'}")
    return answer(data)


def _backups(answer, data):
    name = data.get("TableName") or ""
    if _ready.get(_place(name), 0) + _takes["seconds"] > time.time():
        return error_response_json(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {name}. Please retry later",
            400,
        )
    return answer(data)


def _throttle():
    left = _throttled["batches"]
    _throttled["batches"] = max(0, left - 1)
    return left > 0


def _batch_get(answer, data):
    asked = data.get("RequestItems") or {}
    total = sum(len(part.get("Keys") or []) for part in asked.values() if isinstance(part, dict))
    status, headers, body = answer(data)
    if status != 200 or not total:
        return status, headers, body
    done, rest, left, room = {}, {}, total - total // 2 if _throttle() else total, _MOST
    for name, part in asked.items():
        table = dynamodb._tables[dynamodb._normalize_table_name(name)]
        for key in part["Keys"]:
            room -= _size(table, key)
            (done if left > 0 and room >= 0 else rest).setdefault(name, dict(part, Keys=[]))["Keys"].append(key)
            left -= 1
    if not rest:
        return status, headers, body
    status, headers, body = answer(dict(data, RequestItems=done))
    return status, headers, _with(body, UnprocessedKeys=rest)


def _size(table, key):
    partition, sort, refused = dynamodb._resolve_table_key_values(table, key, allow_extra=False)
    item = None if refused else table["items"].get(partition, {}).get(sort)
    return dynamodb._item_size_bytes(item) if item else 0


def _batch_write(answer, data):
    asked = data.get("RequestItems") or {}
    total = sum(len(part) for part in asked.values() if isinstance(part, list))
    if not total or not _throttle():
        return answer(data)
    done, rest, left = {}, {}, total - total // 2
    for name, entries in asked.items():
        for entry in entries:
            (done if left > 0 else rest).setdefault(name, []).append(entry)
            left -= 1
    status, headers, body = answer(dict(data, RequestItems=done))
    return (status, headers, _with(body, UnprocessedItems=rest)) if status == 200 else (status, headers, body)


def _with(body, **more):
    return json_response(dynamodb.json.loads(body) | more)[2]


def _expire(question):
    """Take away what has expired, as if the time had come that ministack does it."""
    gone = 0
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        table = dynamodb._tables.get_scoped(account, region, name)
        if not table or setting.get("TimeToLiveStatus") != "ENABLED":
            continue
        for partition, below in list(table["items"].items()):
            for sort, item in list(below.items()):
                if float((item.get(setting["AttributeName"]) or {}).get("N") or "inf") <= time.time():
                    dynamodb._remove_item(table, partition, sort)
                    gone += 1
    return {"gone": gone}


def _invalid(message):
    return error_response_json("ValidationException", message, 400)


def _in_use(name, how):
    return error_response_json(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being {how}: {name}",
        400,
    )
