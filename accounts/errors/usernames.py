"""Names that cannot be used, or not by this person."""

from django.utils.translation import gettext_lazy as _

from accounts.errors.base import AccountError


class UsernameInvalid(AccountError):
    """A typed name cannot be a user name."""

    code = "username_invalid"
    message = _("This cannot be a user name.")


class UsernameEmpty(UsernameInvalid):
    """Nothing is left of the name once spaces are trimmed."""

    code = "username_empty"
    message = _("Please enter a user name.")


class UsernameTooLong(UsernameInvalid):
    """The name has more bytes than MediaWiki stores, or lets new names have."""

    code = "username_too_long"
    message = _("This user name is too long.")


class UsernameHasForbiddenCharacter(UsernameInvalid):
    """A character, or a sequence of them, that no page title of a wiki can hold."""

    code = "username_forbidden_character"
    message = _("This user name contains a character that user names cannot have.")
    guidance = _(
        "Letters, digits, spaces and most punctuation are fine; # / < > [ ] { } | are not."
    )


class UsernameHasWikiPrefix(UsernameInvalid):
    """The name would lead to another namespace or another site."""

    code = "username_wiki_prefix"
    message = _("A user name cannot begin with a word that has its own meaning on wikis.")


class UsernameLooksLikeNetworkAddress(UsernameInvalid):
    """An IP address, or something shaped like one."""

    code = "username_network_address"
    message = _("A user name cannot look like a network address.")


class UsernameReserved(UsernameInvalid):
    """A name that belongs to the software, to a role, or looks just like such a name."""

    code = "username_reserved"
    message = _("This user name is reserved.")


class UsernameNotForNewAccounts(UsernameInvalid):
    """`@` or `:` or `>`: old accounts have them, new ones cannot."""

    code = "username_not_for_new_accounts"
    message = _("A new user name cannot contain @ or a colon.")


class UsernameLooksTemporary(UsernameInvalid):
    """Wikis give names that begin with a tilde to visitors without an account."""

    code = "username_looks_temporary"
    message = _("A user name cannot begin with ~, which marks temporary accounts.")


class UsernameHasInvisibleCharacter(UsernameInvalid):
    """Zero-width, direction-changing, private, unassigned: nothing a reader can see or trust."""

    code = "username_invisible_character"
    message = _("This user name contains an invisible or unknown character.")
    guidance = _("If you pasted the name, please type it instead.")


class UsernameHasTooManyMarks(UsernameInvalid):
    """Accents stacked on accents, or an accent without a letter below it."""

    code = "username_too_many_marks"
    message = _("This user name has accents without a letter, or too many on one letter.")


class UsernameMixesScripts(UsernameInvalid):
    """Letters of writing systems that do not belong together."""

    code = "username_mixed_scripts"
    message = _("A user name cannot mix letters of different writing systems.")
    guidance = _("Any writing system is fine, as long as the whole name uses it.")


class UsernameTaken(UsernameInvalid):
    """Somebody has exactly this name."""

    code = "username_taken"
    message = _("This user name is taken.")
    guidance = _("If it is yours, sign in instead.")


class UsernameLooksAlike(UsernameInvalid):
    """Somebody has a name that looks just like this one."""

    code = "username_looks_alike"
    message = _("This user name looks just like one that is taken.")
    guidance = _("Choose one that nobody could mistake for somebody else's.")
