"""User names: one rule for sign-up, sign-in, renames and import, so that wikis never disagree.

`canonical_username` reads what somebody typed by MediaWiki's rules; `creatable_username` adds
what this site asks of newcomers; `username_skeleton` is what look-alikes have in common. Whether
a name exists, is taken or is locked is for the vault.
"""

from accounts.services.usernames.creation import creatable_username
from accounts.services.usernames.lookalikes import username_skeleton, username_skeletons
from accounts.services.usernames.mediawiki import (
    mediawiki_creatable_username,
    usable_username,
)
from accounts.services.usernames.mediawiki import valid_username as canonical_username

__all__ = [
    "canonical_username",
    "creatable_username",
    "mediawiki_creatable_username",
    "usable_username",
    "username_skeleton",
    "username_skeletons",
]
