"""What typed text becomes before any rule looks at it, as MediaWiki does with web input.

Names and passwords share it, so that what an imported wiki stored is what is compared here.
"""

import re
import unicodedata

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control characters except tab, line feed and carriage return; lone surrogates, which is how
# Python carries bytes that were no UTF-8; and the two code points that XML forbids.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean_web_text(raw: str) -> str:
    """Return ``raw`` as valid text in Unicode's normal form C; never raises.

    What is not text becomes U+FFFD first and composition comes second: the order matters,
    because a control character between a letter and its accent keeps them apart.
    """
    return unicodedata.normalize("NFC", _NOT_TEXT.sub(_REPLACEMENT, raw))
