import threading

from fastapi.testclient import TestClient

from app.kiosk.background.worker import Worker


def test_a_thread_that_breaks_is_noticed_and_one_that_ends_is_not() -> None:
    def break_down() -> None:
        raise ZeroDivisionError

    broken, ended = Worker("broken", break_down), Worker("ended", lambda: None)
    for worker in (broken, ended):
        worker.join()  # never begun: nothing to wait for
        worker.start()
        worker.join(20)
    assert (broken.died, ended.died) == (True, False)
    assert not [thread for thread in threading.enumerate() if thread.name in ("broken", "ended")]


def test_whoever_asks_is_told(client: TestClient) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    assert client.get("/readyz").json()["warnings"] == []
    kiosk.impressions.worker.died = True
    assert client.get("/readyz").json()["warnings"] == ["thread_ended"]
