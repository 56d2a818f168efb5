"""The roles of a process, as they are typed."""

import pytest

from bot.domain.errors import ConfigError
from bot.roles import ALL, Role, roles_of


def test_roles_are_read_whatever_the_order_and_the_spaces() -> None:
    """Also one that is named twice."""
    assert roles_of("deliver, collect,collect,") == {Role.COLLECT, Role.DELIVER}
    assert roles_of(",".join(Role)) == ALL


@pytest.mark.parametrize(("given", "problem"), [("poll", "'poll' is no role"), (" ,", "no role")])
def test_what_is_no_role_is_refused_with_the_list(given: str, problem: str) -> None:
    """Whoever mistypes sees what can be typed."""
    with pytest.raises(ConfigError) as refused:
        roles_of(given)
    assert problem in refused.value.problem
    assert refused.value.remedy == "Choose from: collect, compose, deliver, chat, web"
