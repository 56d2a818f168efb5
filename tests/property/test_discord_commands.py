"""Every command, held against what Discord itself writes of its API."""

import pytest

from tests.unit.discord_rules import SPEC, Document
from tests.unit.test_discord_commands import ALL


@pytest.mark.skipif(not SPEC.is_file(), reason="Discord's OpenAPI document is not on this machine")
def test_discords_own_document_takes_every_command() -> None:
    document = Document()
    for command in ALL:
        assert document.refusals("ApplicationCommandUpdateRequest", command) == []
