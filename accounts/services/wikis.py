"""The family's wikis, as the front page lists them."""

from dataclasses import dataclass

from vault import wikis


@dataclass(frozen=True)
class FamilyWiki:
    """A wiki's name and address."""

    name: str
    home_uri: str


def family() -> list[FamilyWiki]:
    """The family's own wikis that are in service."""
    return [FamilyWiki(name, home_uri) for name, home_uri in wikis.front_page()]
