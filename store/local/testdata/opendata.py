"""Runs the examples of ../README.md for opendata_test.go, in the store's folder.

Standard input is a JSON list of steps: [language, text]. Standard output is a
JSON list of what each gave: columns, types, rows. SQL runs in one DuckDB; what
Python leaves in `report`, a DataFrame, is what it gave.
"""

import datetime
import json
import sys

import duckdb
import numpy
import pandas


def plain(value):
    """The value as JSON can say it: moments in UTC, all that is missing as null."""
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(v) for v in value]
    if value is None or value is pandas.NA or value is pandas.NaT or value != value:
        return None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
        return value.strftime("%Y-%m-%dT%H:%M:%S") + (value.strftime(".%f") if value.microsecond else "") + "Z"
    if isinstance(value, numpy.generic):
        return value.item()
    return value


def run(connection, names, language, text):
    if language == "sql":
        result = connection.execute(text)
        columns = [(c[0], str(c[1])) for c in result.description or []]
        rows = result.fetchall() if columns else []
    else:
        names.pop("report", None)
        exec(compile(text, "README.md", "exec"), names)
        report = names.get("report")
        if report is None:
            columns, rows = [], []
        else:
            columns = [(c, str(t)) for c, t in report.dtypes.items()]
            rows = report.itertuples(index=False, name=None)
    return {
        "columns": [c for c, _ in columns],
        "types": [t for _, t in columns],
        "rows": [[plain(v) for v in row] for row in rows],
    }


if __name__ == "__main__":
    connection, names = duckdb.connect(), {"__name__": "README"}
    json.dump([run(connection, names, *step) for step in json.load(sys.stdin)], sys.stdout)
