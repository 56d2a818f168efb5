"""People on the twin: they type commands, press buttons, fill in modals, and read what they see."""

from tests.twins.slack.keeping import Keeper
from tests.twins.slack.pressing import Presser
from tests.twins.slack.speaking import Speaker


class Person(Speaker, Presser, Keeper):
    """Somebody in one workspace; what they do is what their client would let them do."""
