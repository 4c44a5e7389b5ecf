"""The grammar of policies: IAM User Guide, Grammar of the IAM JSON policy language."""

import json
import re

from . import principals

_OPERATORS = re.compile(
    r"(?:For(?:All|Any)Values?:)?(?:String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)|Numeric(?:Not)?Equals"
    r"|(?:Numeric|Date)(?:Less|Greater)Than(?:Equals)?|Date(?:Not)?Equals|Bool|BinaryEquals|(?:Not)?IpAddress"
    r"|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?|Null",
    re.IGNORECASE,
)


def parsed(text):
    """The document, or None where its grammar is wrong."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    found = principals.statements(document)
    for statement in found:
        if statement.get("Effect") not in ("Allow", "Deny") or not conditions_hold_together(statement):
            return None
    return document if found else None


def conditions_hold_together(statement):
    """Whether the operators of a statement are known, and each has keys."""
    conditions = statement.get("Condition", {})
    return isinstance(conditions, dict) and all(
        _OPERATORS.fullmatch(operator) and isinstance(keys, dict) for operator, keys in conditions.items()
    )


def listed(value):
    return value if isinstance(value, list) else [value]
