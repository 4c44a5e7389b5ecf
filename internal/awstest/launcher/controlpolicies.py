"""Service control policies, which ministack keeps and does not enforce.

AWS Organizations User Guide, SCP evaluation: a deny there binds every user and role
of the account, whatever their own policies say. A test gives an account such a policy
with POST /_awstest/control-policy; only its denials are looked at, as of an account
that has FullAWSAccess beside it. Roots, which no policy binds here, stay free.
"""

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id

from . import control

# Account, and the statements of its policies.
_policies = {}
_WORDS = "a service control policy"


def mend():
    control.ROUTES["control-policy"] = _put
    control.ON_RESET.append(_policies.clear)
    original = evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(refused, evaluator.AuthError) or not _policies:
            return refused
        caller = evaluator.resolve_principal(access_key_id or "", get_account_id())
        statements = _policies.get(getattr(caller, "account", ""))
        if not statements or caller.policies is None:
            return refused
        context = evaluator.EvalContext(
            principal_arn=caller.arn,
            principal_type=caller.type,
            principal_account=caller.account,
            action=iam_action,
            resource_arn=resource_arn,
            region=region,
            service_context={key.lower(): value for key, value in (service_context or {}).items()},
            principal_keys=caller.keys,
        )
        verdict = evaluator.evaluate(context, [statements])
        if verdict.decision != "Deny":
            return refused
        verdict.principal_arn, verdict.resource_policy_arn = caller.arn, _WORDS
        return verdict

    evaluator.enforce = enforce


def _put(question):
    _policies.setdefault(question["account"], []).extend(evaluator.parse_policy_document(question["policy"]))
    return {}
