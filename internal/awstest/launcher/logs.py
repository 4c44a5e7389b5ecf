"""CloudWatch Logs: filter patterns with alternatives, and the newest events first.

CloudWatch Logs User Guide, "Filter pattern syntax": a question mark before each of several
terms finds events with any of them; a term of several words stands in quotation marks; case
matters. FilterLogEvents, startFromHead: false hands out the latest events first.
"""

import json
import re

from ministack.services import cloudwatch_logs

# A term, with ? or - before it, in quotation marks where it has other signs than letters.
TERM = re.compile(r'([?-]?)(?:"([^"]*)"|(\S+))')


def mend():
    cloudwatch_logs._compile_filter_pattern = _mended_pattern(cloudwatch_logs._compile_filter_pattern)
    cloudwatch_logs._filter_log_events = _mended_events(cloudwatch_logs._filter_log_events)


def _mended_pattern(before):
    def compiled(raw):
        if "?" not in (raw or "") or raw.strip().startswith(("{", "[")):
            return before(raw)
        terms = [(kind, quoted or plain) for kind, quoted, plain in TERM.findall(raw)]
        any_of = [term for kind, term in terms if kind == "?"]
        none_of = [term for kind, term in terms if kind == "-"]
        return lambda text: any(term in text for term in any_of) and not any(term in text for term in none_of)

    return compiled


def _mended_events(before):
    def events(data):
        answer = before(data)
        if data.get("startFromHead") is not False or answer[0] != 200:
            return answer
        body = json.loads(answer[2])
        body["events"].sort(key=lambda event: event["timestamp"], reverse=True)
        return answer[0], answer[1], json.dumps(body).encode()

    return events
