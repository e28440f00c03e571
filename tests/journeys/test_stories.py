"""Each story of a folder, against both services over HTTP: `pytest tests/journeys --scenarios DIR`."""

from pathlib import Path

from tests.journeys.cast import Cast
from tests.journeys.pair import Room, running
from tests.journeys.playing import Player
from tests.journeys.story import Model, load, read_story


def test_a_story_plays_from_the_first_report_to_its_end(
    story_file: Path, room: Room, tmp_path: Path, notes: list[str]
) -> None:
    folder = story_file.parent
    cast, model = Cast.read(folder), Model.read(folder)
    story = read_story(load(story_file), model, cast.people)
    with running(room, cast, story.settings, story.steps[0].at, tmp_path / "services") as pair:
        player = Player(story, pair, cast, model)
        try:
            player.play()
        finally:
            notes += player.notes
