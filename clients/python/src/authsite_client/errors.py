"""What can go wrong, as types: a token that must not be believed, a provider that is away, one that
says no. Each has a stable ``code``; none carries a token, a secret or a name.
"""


class ClientError(Exception):
    """Anything that this library raises on purpose."""

    code = "client_error"


class TokenRefused(ClientError):
    """A token that must not be believed, whatever it says."""

    code = "token_refused"


class Malformed(TokenRefused):
    """No compact JWS with a JSON object in it, or a member of it is there twice (RFC 7515)."""

    code = "malformed"


class WrongType(TokenRefused):
    """Another kind of token: its ``typ`` is not the one asked for (RFC 8725 section 3.11)."""

    code = "wrong_type"


class WrongAlgorithm(TokenRefused):
    """``alg`` is not among those allowed, or not that of the key (RFC 8725 section 3.1)."""

    code = "wrong_algorithm"


class KeyUnknown(TokenRefused):
    """``kid`` names no key of the provider's, who was asked a moment ago."""

    code = "key_unknown"


class BadSignature(TokenRefused):
    """The signature is not that of the key that ``kid`` names."""

    code = "bad_signature"


class WrongIssuer(TokenRefused):
    """``iss`` is another issuer."""

    code = "wrong_issuer"


class WrongAudience(TokenRefused):
    """``aud`` or ``client_id`` is not this wiki."""

    code = "wrong_audience"


class TokenExpired(TokenRefused):
    """``exp`` is over."""

    code = "expired"


class TokenNotYetValid(TokenRefused):
    """``iat`` or ``nbf`` lies ahead."""

    code = "not_yet_valid"


class WrongNonce(TokenRefused):
    """``nonce`` is not that of the request (OpenID Connect Core 1.0 section 3.1.3.7)."""

    code = "wrong_nonce"


class ClaimRefused(TokenRefused):
    """A claim is missing, of another shape, or must not be there."""

    code = "claim_refused"


class Overtaken(TokenRefused):
    """Its epoch is lower than one seen before: it was ended with all that is as old."""

    code = "overtaken"


class ProviderUnavailable(ClientError):
    """The provider did not answer, or not as this provider must: nothing is known, ask later."""

    code = "provider_unavailable"


class KeysUnavailable(ProviderUnavailable):
    """No key of the provider's is at hand that is not too old, and it cannot be asked."""

    code = "keys_unavailable"


class GrantRefused(ClientError):
    """The provider says no (RFC 6749 section 5.2): the session has ended."""

    code = "grant_refused"

    def __init__(self, error: str) -> None:
        """Takes the provider's ``error``, such as ``invalid_grant``."""
        super().__init__(error)
        self.error = error
