"""The words that mean something to MediaWiki at the start of a name or as a whole name.

Content language English. What is particular to one family of wikis (project namespaces, its
interwiki prefixes, further reserved names) is in the settings.
"""

from typing import Final

from django.conf import settings

USER_NAMESPACE: Final = "user"

# Names and aliases of MediaWiki's other namespaces, as `Name:` before a title.
_NAMESPACES: Final = frozenset(
    {
        *("media", "special", "talk", "user talk", "project", "project talk"),
        *("file", "file talk", "image", "image talk", "mediawiki", "mediawiki talk"),
        *("template", "template talk", "help", "help talk", "category", "category talk"),
    }
)

# The interwiki table that MediaWiki installs with.
_INTERWIKI: Final = frozenset(
    {
        *("acronym", "arxiv", "c2", "cache", "commons", "dictionary", "doi", "dwjwiki"),
        *("elibre", "emacswiki", "foldoc", "freebsdman", "google", "googlegroups"),
        *("hammondwiki", "hrwiki", "imdb", "linuxwiki", "lojban", "lqwiki", "meatball"),
        *("mediawikiwiki", "memoryalpha", "metawikimedia", "mozillawiki", "mw", "oeis", "pmid"),
        *("pythoninfo", "rfc", "s23wiki", "senseislibrary", "shoutwiki", "squeak", "theopedia"),
        *("tmbw", "twiki", "uncyclopedia", "unreal", "usemod", "wiki", "wikia", "wikibooks"),
        *("wikidata", "wikif1", "wikihow", "wikimedia", "wikinews", "wikipedia", "wikiquote"),
        *("wikisource", "wikispecies", "wikiversity", "wikivoyage", "wikiwikiweb", "wikt"),
        "wiktionary",
    }
)

# `$wgReservedUsernames`, its interface messages in English: nobody signs in under these.
MEDIAWIKI_RESERVED: Final = frozenset(
    {
        "Command line script",
        "Conversion script",
        "DNSBL",
        "Delete page script",
        "Maintenance script",
        "MediaWiki automatic change",
        "MediaWiki default",
        "MediaWiki spam cleanup",
        "Move page script",
        "Proxy blocker",
        "Redirect fixer",
        "ScriptImporter",
        "System messenger",
        "Template namespace initialisation script",
        "Unknown user",
    }
)

# Names that would let a newcomer speak for the site, its software or its staff. Compared by
# look, so one spelling of each is enough.
OUR_RESERVED: Final = frozenset(
    {
        # accounts that MediaWiki's extensions act under
        *("Abuse filter", "Babel AutoCreate", "Edit filter", "Flow talk page manager"),
        *("FuzzyBot", "Global rename script", "MediaWiki message delivery", "New user message"),
        # roles
        *("Admin", "Administrator", "Administrators", "Bureaucrat", "Checkuser", "Moderator"),
        *("Operator", "Oversight", "Oversighter", "Staff", "Steward", "Sysop", "WikiSysop"),
        # mailboxes of RFC 2142 and the like
        *("Abuse", "Contact", "Help", "Helpdesk", "Hostmaster", "Info", "Noreply", "No-reply"),
        *("Postmaster", "Privacy", "Security", "Support", "Webmaster"),
        # what software calls itself or nobody
        *("Anonymous", "Deleted user", "Everyone", "Guest", "MediaWiki", "Nobody", "Root"),
        *("Superuser", "System", "Unknown", "Wiki", "Wikimedia", "Wikipedia"),
    }
)


def prefixes_of_elsewhere() -> frozenset[str]:
    """Return, in lower case with plain spaces, what means another namespace or site before `:`.

    USERNAME_PREFIXES adds the project namespaces and interwiki prefixes of this family.
    """
    own: tuple[str, ...] = tuple(getattr(settings, "USERNAME_PREFIXES", ()))
    return _NAMESPACES | _INTERWIKI | {prefix.replace("_", " ").lower() for prefix in own}


def reserved_names() -> frozenset[str]:
    """Return every name kept from newcomers: MediaWiki's, ours, the site's and the settings'.

    RESERVED_USERNAMES adds to them.
    """
    own: tuple[str, ...] = tuple(getattr(settings, "RESERVED_USERNAMES", ()))
    return MEDIAWIKI_RESERVED | OUR_RESERVED | {*own, settings.SITE_NAME}
