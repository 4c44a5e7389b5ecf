"""The key that AWS manages for S3, alias/aws/s3.

KMS Developer Guide, AWS managed keys: it is there as soon as somebody asks for it
(KMS API Reference, DescribeKey), its policy lets the callers of its own account use
it through S3, and nobody can change that: what it seals is for no other account.
ministack knows none.
"""

import json

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import kms

from . import control

_ALIAS = "alias/aws/s3"
# ARNs.
_managed = set()


def mend():
    control.ON_RESET.append(_managed.clear)
    resolve, metadata, put = kms._resolve_key, kms._key_metadata, kms._put_key_policy

    def found(name):
        if str(name) in (_ALIAS, kms._alias_arn(_ALIAS)) and kms._alias_arn(_ALIAS) not in kms._aliases:
            _make()
        return resolve(name)

    def described(record):
        return metadata(record) | ({"KeyManager": "AWS"} if record["Arn"] in _managed else {})

    def put_policy(asked):
        record = resolve(asked.get("KeyId", ""))
        if record and record["Arn"] in _managed:
            return error_response_json("AccessDeniedException", "This is an AWS managed key.", 400)
        return put(asked)

    kms._resolve_key, kms._key_metadata, kms._put_key_policy = found, described, put_policy


def _make():
    made = json.loads(kms._create_key({"Policy": json.dumps(_policy())})[2])["KeyMetadata"]
    kms._aliases[kms._alias_arn(_ALIAS)] = made["KeyId"]
    _managed.add(made["Arn"])


def _policy():
    through = {"kms:CallerAccount": get_account_id(), "kms:ViaService": f"s3.{get_region()}.amazonaws.com"}
    return {
        "Version": "2012-10-17",
        "Id": "auto-s3-2",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": through},
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{get_account_id()}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
                "Resource": "*",
            },
        ],
    }
