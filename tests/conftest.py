"""What holds for every test: where the fixtures are, and that a busy machine is no fault."""

from hypothesis import settings

pytest_plugins = ["tests.fix_postgres", "tests.api.fix_first_school", "tests.api.fix_refusals"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")
