"""A trail of an organisation, as its members see it.

CloudTrail User Guide, Creating a trail for an organization: users of member accounts
see it, but do not change it. ministack shows it to the management account only, and
tells no topic's ARN.
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail

from . import organizations


def mend():
    items, find = cloudtrail._visible_trail_items, cloudtrail._find_visible_trail

    def visible(*, include_shadow_trails=True):
        return items(include_shadow_trails=include_shadow_trails) + list(_shadows(include_shadow_trails))

    def found(raw):
        name, home, trail = find(raw)
        if trail is None:
            for shadow_home, shadow_name, shadow in _shadows(True):
                if raw == shadow["TrailARN"]:
                    return shadow_name, shadow_home, shadow
        return name, home, trail

    cloudtrail._visible_trail_items, cloudtrail._find_visible_trail = visible, found
    view = cloudtrail._trail_view
    cloudtrail._trail_view = lambda trail: _with_topic(view(trail))


def _with_topic(trail):
    """A topic is given by name or ARN, and told by its ARN: CreateTrail, Trail."""
    topic = trail.get("SnsTopicName")
    if topic and not topic.startswith("arn:"):
        home, account = trail["TrailARN"].split(":")[3:5]
        topic = f"arn:aws:sns:{home}:{account}:{topic}"
    return trail | {"SnsTopicARN": topic} if topic else trail


def _shadows(all_regions):
    account = get_account_id()
    management = organizations.management_of(account)
    if management == account:
        return
    for home, name, trail in cloudtrail._account_trail_items(management):
        here = home == get_region() or all_regions and trail.get("IsMultiRegionTrail")
        if trail.get("IsOrganizationTrail") and here:
            yield home, name, trail
