from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.staff.models import MissedAnswer
from app.kiosk.store.keys import Role

Headers = dict[str, str]


def told(client: TestClient, headers: Headers) -> list[tuple[str, int]]:
    assert client.app.state.kiosk.impressions.flush()  # type: ignore[attr-defined]
    body = client.get("/v1/staff/searches", headers=headers).json()
    MissedAnswer.model_validate(body)
    return [(missed["text"], missed["times"]) for missed in body["searches"]]


def test_what_was_sought_in_vain_is_told_to_staff(client: TestClient, clerk: Headers) -> None:
    for text in ("Unicorn", "unicorn!", "独角兽", "train", "baloons", "ann@unicorn.org"):
        client.get("/v1/search", params={"q": text, "youngest_age_months": 100})
    client.get("/v1/search?q=uni&typing=true")
    client.get("/v1/search?q=balloons&youngest_age_months=3")  # there, and not for a baby: the shop lacks nothing
    assert told(client, clerk) == [("unicorn", 2), ("独角兽", 1)]
    assert client.get("/v1/staff/searches").status_code == 401


@pytest.fixture
def forgetful(settings: KioskSettings) -> Iterator[TestClient]:
    with TestClient(create_app(settings.model_copy(update={"keep": "session"}))) as client:
        yield client


def test_where_nothing_outlives_a_session_no_text_does(forgetful: TestClient) -> None:
    forgetful.get("/v1/search?q=unicorn")
    key = forgetful.app.state.kiosk.keys.add("Kim", Role.CLERK)  # type: ignore[attr-defined]
    assert told(forgetful, {"Authorization": f"Bearer {key}"}) == []
