"""Alarms of stacks on an expression of several metrics.

CloudFormation Template Reference, AWS::CloudWatch::Alarm, Metrics: in place of one metric.
ministack refuses them. Here they are kept and described; nothing computes them, so such
an alarm has the state that a test sets (SetAlarmState).
"""

from ministack.services.cloudformation import provisioners

_OF_ONE = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def mend():
    original = provisioners._cw_metric_alarm_record

    def record(name, properties):
        metrics = properties.get("Metrics")
        if not metrics:
            return original(name, properties)
        others = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = original(name, others | {"MetricName": "-", "Namespace": "-"})
        for key in _OF_ONE:
            del alarm[key]
        return alarm | {"Metrics": [_typed(metric) for metric in metrics]}

    provisioners._cw_metric_alarm_record = record


def _typed(metric):
    typed = dict(metric)
    if "ReturnData" in typed:
        typed["ReturnData"] = str(typed["ReturnData"]).lower() == "true"
    if "MetricStat" in typed:
        typed["MetricStat"] = typed["MetricStat"] | {"Period": int(typed["MetricStat"]["Period"])}
    return typed
