"""Answers that neither ceremony may accept: what a foreign browser says, and broken texts.

Each is a good answer but for one thing, and where the authenticator signs, it has signed that.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import cbor2

from tests.authenticator import base64url, from_base64url
from tests.environment import ISSUER
from twofactor.services.ceremonies import MAX_ANSWER

HOST: Final = ISSUER.removeprefix("https://")
GONE: Final = object()

# --- What the browser and the authenticator say ------------------------------------------------

ORIGINS: Final[dict[str, Any]] = {
    "another site's": "https://evil.example.com",
    "ours at its end": "https://badauth.example.org",
    "ours at its end, too": f"https://evil.example.com/{ISSUER}",
    "ours at its beginning": f"{ISSUER}.evil.org",
    "our user name": f"{ISSUER}@evil.org",
    "below ours": f"https://sub.{HOST}",
    "above ours": "https://example.org",
    "http": f"http://{HOST}",
    "another port": f"{ISSUER}:8443",
    "the default port": f"{ISSUER}:443",
    "a slash": f"{ISSUER}/",
    "a dot": f"{ISSUER}.",
    "upper case": f"https://{HOST.upper()}",
    "a NUL": f"{ISSUER}\0",
    "a space": f" {ISSUER}",
    "a lone surrogate": f"{ISSUER}\ud800",
    "the host alone": HOST,
    "an app's": "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK_YBwk",
    "opaque": "null",
    "empty": "",
    "nothing": None,
    "a list": [ISSUER],
}
_NOT_FALSE: Final[tuple[Any, ...]] = (True, 1, 0, None, "true", "false", "", [], {})
SAID: Final[dict[str, dict[str, Any]]] = {
    **{f"origin: {name}": {"origin": origin} for name, origin in ORIGINS.items()},
    "rp id of another site": {"rp_id": "evil.example.com"},
    "rp id above ours": {"rp_id": "example.org"},
    "rp id below ours": {"rp_id": f"sub.{HOST}"},
    "rp id that is our origin": {"rp_id": ISSUER},
    "empty rp id": {"rp_id": ""},
    "challenge of another ceremony": {"challenge": b"another ceremony's challenge----"},
    "challenge with more behind it": {"client_extra": {"challenge": "A" * 44}},
    "empty challenge": {"challenge": b""},
    "challenge that is nothing": {"client_extra": {"challenge": None}},
    "challenge that is a list": {"client_extra": {"challenge": []}},
    "type of no ceremony": {"type": "payment.get"},
    "type that is nothing": {"type": None},
    "type that is a list": {"type": ["webauthn.create", "webauthn.get"]},
    **{f"crossOrigin: {json.dumps(value)}": {"cross_origin": value} for value in _NOT_FALSE},
    "topOrigin of another site": {"top_origin": "https://evil.example.com"},
    "topOrigin that is ours": {"top_origin": ISSUER},
    "topOrigin that is nothing": {"top_origin": None},
    "nobody was there": {"up": False},
    "backed up and not eligible": {"be": False, "bs": True},
    "left-over byte": {"extra_cbor": b"\0"},
    "left-over map": {"extra_cbor": cbor2.dumps({"credProtect": 2})},
    "extensions announced and not there": {"ed": True},
    "extensions that end too early": {"ed": True, "extra_cbor": b"\xa1"},
    "extensions with more behind them": {"ed": True, "extra_cbor": b"\xa0\0"},
}


# --- CBOR that no authenticator writes ---------------------------------------------------------


def laughs(depth: int) -> bytes:
    """Lists of a list and a reference to it (tags 28 and 29), whose plain form is 2**depth long."""
    written = b"\xd8\x1c\x80"
    for index in range(depth, 0, -1):
        written = b"\xd8\x1c\x82" + written + b"\xd8\x1d" + cbor2.dumps(index)
    return written


CBOR: Final[dict[str, bytes]] = {
    "a billion laughs": laughs(60),
    "a billion laughs, flat": b"\xd9\x01\x00\x82\x79\x08\x00" + b"x" * 2048 + b"\xd8\x19\x00" * 9,
    "a list that holds itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "an enormous number": b"\xc4\x82\x1a\x7f\xff\xff\xff\x01",
    "a regular expression": b"\xd8\x23\x67(a+)+b$",
    "an unknown tag": b"\xda\xff\xff\xff\xff\x00",
    "a length that is not there": b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "a list of more than there is": b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "an open end": b"\xbf\xff",
    "deep lists": b"\x81" * 5000 + b"\x00",
    "five levels": b"\xa1\x00" * 5 + b"\x00",
    "a list": b"\x80",
    "a key twice": b"\xa2\x61a\x00\x61a\x01",
    "a reserved head": b"\x1c",
    "a break": b"\xff",
}
SAID.update({f"CBOR: {name}": {"ed": True, "extra_cbor": cbor} for name, cbor in CBOR.items()})

# What is said in bytes: the authenticator signs them, whatever they are.
CLIENT_DATA: Final[dict[str, Callable[[bytes], bytes]]] = {
    "empty": lambda _: b"",
    "a list": lambda said: b"[" + said + b"]",
    "a text": lambda _: b'"webauthn"',
    "nothing": lambda _: b"null",
    "cut off": lambda said: said[:-1],
    "with more behind it": lambda said: said + b"{}",
    "with a NUL behind it": lambda said: said + b"\0",
    "UTF-16": lambda said: said.decode().encode("utf-16"),
    "no UTF-8": lambda said: said[:-1] + b', "x": "\xff"}',
    "deep": lambda said: said[:-1] + b', "x": ' + b"[" * 9000 + b"]" * 6000 + b"}",
    "an enormous number": lambda said: said[:-1] + b', "x": ' + b"9" * 9000 + b"}",
    **{
        f"without {name}": lambda said, name=name: json.dumps(  # type: ignore[misc]
            {key: value for key, value in json.loads(said).items() if key != name}
        ).encode()
        for name in ("type", "challenge", "origin")
    },
}
SAID.update({f"client data: {name}": {"client_data": f} for name, f in CLIENT_DATA.items()})

# --- The text around it ------------------------------------------------------------------------


def edited(text: str, path: str, value: Any) -> str:
    """The answer with another member at ``path``, or with none there for ``GONE``."""
    answer = json.loads(text)
    *above, name = path.split(".")
    holder = answer
    for step in above:
        holder = holder[step]
    if value is GONE:
        holder.pop(name, None)
    else:
        holder[name] = value
    return json.dumps(answer)


def read(text: str, path: str) -> Any:
    """What stands in an answer at ``path``."""
    found = json.loads(text)
    for step in path.split("."):
        found = found[step]
    return found


TEXTS: Final[dict[str, Callable[[str], str]]] = {
    "empty": lambda _: "",
    "a space": lambda _: " ",
    "no JSON": lambda _: "{",
    "nothing": lambda _: "null",
    "a list": lambda text: f"[{text}]",
    "a text": json.dumps,
    "a number": lambda _: "1",
    "an enormous number": lambda _: "1" * 10_000,
    "deep lists": lambda _: "[" * 10_000,
    "deep objects": lambda _: '{"response":' * 1000 + "{}" + "}" * 1000,
    "a deep member": lambda text: f'{text[:-1]}, "x": {"[" * 8000 + "]" * 8000}}}',
    "with a NUL behind it": lambda text: f"{text}\0",
    "with more behind it": lambda text: f"{text}{{}}",
    "too long by spaces": lambda text: text + " " * MAX_ANSWER,
    "too long by a member": lambda text: edited(text, "x", "x" * MAX_ANSWER),
    "a lone surrogate in it": lambda text: edited(text, "rawId", "\ud800"),
    "a lone surrogate behind it": lambda text: f"{text}\ud800",
    "id and rawId differ": lambda text: edited(text, "rawId", base64url(b"another" * 5)),
}
_MEMBERS: Final = ("id", "rawId", "type", "response", "response.clientDataJSON")
_OTHER_TYPES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1.5,
    "",
    "password",
    "public-key\0",
    [],
    ["AA"],
    {},
    GONE,
)
_NO_BASE64URL: Final = ("!", "=", "==", "+", "/", " ", "\n", "\0", "\u00e9", "\uff21", "\ud800")


def broken(text: str, *more: str) -> dict[str, str]:
    """The answer with each member, those of the one ceremony among them, lost or spoilt."""
    answers = {name: spoil(text) for name, spoil in TEXTS.items()}
    for path in (*_MEMBERS, *more):
        for value in _OTHER_TYPES:
            answers[f"{path}: {'gone' if value is GONE else value!r}"] = edited(text, path, value)
        if path not in ("type", "response"):
            right = read(text, path)
            for letter in _NO_BASE64URL:
                answers[f"{path} ends with {letter!r}"] = edited(text, path, right + letter)
            answers[f"{path} begins with '!'"] = edited(text, path, "!" + right)
            answers[f"{path} without its end"] = edited(text, path, right[:-5])
    return answers


def flipped(raw: bytes, at: int, bits: int = 1) -> bytes:
    """The bytes with some bits of one turned round."""
    return raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]


def attestation_of(text: str) -> Any:
    """The attestation object of a registration's answer."""
    return cbor2.loads(from_base64url(read(text, "response.attestationObject")))


def with_attestation(text: str, attestation: Any) -> str:
    """A registration's answer with another attestation object, as bytes or as what they say."""
    raw = attestation if isinstance(attestation, bytes) else cbor2.dumps(attestation)
    return edited(text, "response.attestationObject", base64url(raw))
