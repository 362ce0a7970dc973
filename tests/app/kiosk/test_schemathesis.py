"""Everything schemathesis thinks of, on every operation of the OpenAPI document, with all its checks.

Requests that fit the document and requests that do not, by a manager's key, in process. `make check` takes many more
examples: the environment variable TOYGUIDE_EXAMPLES multiplies them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import schemathesis
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.kiosk import KioskSettings, create_app
from app.kiosk.limits import Allowance
from app.kiosk.store.keys import Role

EXAMPLES = 3 * int(os.environ.get("TOYGUIDE_EXAMPLES", "1"))
BEYOND_A_SCHEMA = re.compile(
    "|".join(
        (
            "must have a price_min of at most price_max",  # one field bounds another
            "price_min' parameter of the filters must be at most",
            "must be at (least|most) recommended_age",
            "must be at least .*, (the floor of|as the catalogue has it)",
            "as the catalogue says, or adult|the currency of the shop's prices",
            "must have ends after starts",
            "must have either toy_id or barcode",  # fields that go together, or do not
            "must have one of toy_id, category and brand",
            "must have (a toy_id|a strength|a position|no occasion) .*where kind is",
            "must have rule, rule_id, or both",
            "must name each toy once",  # lines of a list that exclude each other
            "must be the next_page of an answer",  # what only the kiosk can make
            "without control characters|printable characters in Unicode's form|must hold more than spaces",
            "must not end in .*, nor have",  # ids that would be another address
            "must be the name of a bundle",
            "must not be given beside",
            "^The recall list must",  # a table in a text
            "must be a time of the years 1 to 9999 in UTC",  # an offset that leads out of the calendar
        )
    )
)
"""What a 422 may say of a request that fits the document: JSON Schema has no words for these bounds."""


@schemathesis.check
def valid_data_is_accepted(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """`positive_data_acceptance`, but for what is `BEYOND_A_SCHEMA`; in its place, as a check cannot be had in part."""
    if response.status_code == 422:
        problem = response.json()
        faults = [fault["detail"] for fault in problem.get("errors", [problem])]
        if all(BEYOND_A_SCHEMA.search(fault) for fault in faults):
            return None
    return positive_data_acceptance(ctx, response, case)


def test_every_operation_keeps_its_word(bundle: Path, tmp_path: Path) -> None:
    app = create_app(KioskSettings(bundle=bundle, database=tmp_path / "kiosk.sqlite", bundles_dir=tmp_path / "bundles"))
    kiosk = app.state.kiosk
    kiosk.wrong_keys = Allowance(1e6, 1e6)  # the checks try wrong keys on every operation: that is tested elsewhere
    key = kiosk.keys.add("Mo", Role.MANAGER)
    config = schemathesis.Config.from_dict(
        {
            "headers": {"Authorization": f"Bearer {key}"},
            "seed": 6,
            "generation": {"max-examples": EXAMPLES, "database": "none"},
            "checks": {"positive_data_acceptance": {"enabled": False}},
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    failures: list[str] = []
    cases = 0
    tested: set[str] = set()
    for event in schemathesis.engine.from_schema(schema).execute():
        assert not isinstance(event, FatalError | NonFatalError), event
        if isinstance(event, ScenarioFinished):
            tested.add(str(event.label))
            cases += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        answer = event.recorder.interactions[case_id].response
                        body = "" if answer is None else answer.text[:3000]
                        failures.append(f"{event.label}: {check.name}: {body}\n{check.failure_info.code_sample}\n")
    kiosk.database.close()
    assert not failures, "\n".join(failures)
    paths = app.openapi()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert operations <= tested
    assert cases > 20 * len(operations)
