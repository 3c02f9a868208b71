"""What a wiki has seen that ends sessions, whether or not their records are still there."""

from dataclasses import dataclass

from .tokens import NO_EPOCH, AccessClaims, Epoch


@dataclass(frozen=True)
class Marks:
    """What was seen of one person and one session, and the latest time.

    ``epoch``: the highest of the site's and of that account's. ``is_sid_ended``: a logout token
    named this session. ``sub_ended_at``: when the provider last ended all of this person's.
    """

    epoch: Epoch = NO_EPOCH
    is_sid_ended: bool = False
    sub_ended_at: int = 0
    latest_time: int = 0

    def is_logged_out(self, claims: AccessClaims) -> bool:
        """Whether a logout token that came in speaks of these claims.

        One for all of a person's sessions ends those whose tokens are older; the second in which
        both were made goes to the token, as the records there are were ended directly.
        """
        return self.is_sid_ended or claims.iat < self.sub_ended_at
