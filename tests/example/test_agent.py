"""The example operator whose cameras an agent reads: its messages tell what the world holds."""

from datetime import UTC, datetime

from ingest.schemas import ReadIn
from lprsvc.example.drawing.scenes import Pictures
from lprsvc.example.load.agent import AGENT_SOURCE, by_agent
from lprsvc.example.world import make_world
from tests.ingest.feed import CLOSE_UP, SCENE

NOW = datetime(2026, 1, 5, 14, tzinfo=UTC)


def test_agent_tells_each_read_as_it_was() -> None:
    world = make_world(NOW, 3_000)
    own = [read for read in world.reads if read.camera.source == AGENT_SOURCE]
    assert own
    for read in own[:50]:
        told = by_agent(read, Pictures(SCENE, CLOSE_UP))
        assert isinstance(told, ReadIn)
        assert (told.plate, told.state) == (read.vehicle.plate, read.vehicle.state)
        assert told.captured_at == read.captured_at
        assert (told.latitude, told.longitude) == (read.latitude, read.longitude)
        assert told.make is not None
        assert told.make.lower() == read.vehicle.make.lower()
        assert told.model == read.vehicle.model
        assert [photo.data for photo in told.photos] == [SCENE, CLOSE_UP]
        assert told.camera.startswith("EXAMPLEAGENT01/")
