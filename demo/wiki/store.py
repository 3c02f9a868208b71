"""What the client library has to remember, in this wiki's own database: ``authsite_client.Store``.

Refresh and ID tokens stay on this server; the browser has nothing but the secret of its cookie, of
which the digest is here.
"""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from authsite_client import AccessClaims, Epoch, LogoutClaims, Marks, SessionRecord

from . import settings
from .models import Account, LogoutToken, Seen, Session

# However long the session at the auth site lives: here one is met again, silently, once a day.
_LIFETIME = timedelta(hours=24)


class DatabaseStore:
    """Each method is one transaction; SQLite lets one writer in at a time."""

    def find(self, key: str) -> SessionRecord | None:
        """The record of this key, unless it is older than sessions get here."""
        row = Session.objects.filter(digest=key, expires__gt=timezone.now()).first()
        if row is None:
            return None
        return SessionRecord(
            key=row.digest,
            claims=AccessClaims.load(row.claims),
            refresh_token=row.refresh_token or None,
            id_token=row.id_token,
            confirmed_at=row.confirmed_at,
            failed_at=row.failed_at,
            version=row.version,
        )

    def add(self, record: SessionRecord) -> None:
        """Keeps a new record; its person has been met. Raises Account.DoesNotExist."""
        now = timezone.now()
        account = Account.objects.get(iss=settings.OIDC_ISSUER, sub=record.claims.sub)
        Session.objects.create(
            digest=record.key,
            account=account,
            created=now,
            expires=now + _LIFETIME,
            **_columns(record),
        )

    def replace(self, record: SessionRecord) -> bool:
        """One statement: the version before has to be there still."""
        before = Session.objects.filter(digest=record.key, version=record.version - 1)
        return before.update(**_columns(record)) == 1

    def remove(self, key: str) -> None:
        """The row and its tokens."""
        Session.objects.filter(digest=key).delete()

    def marks(self, *, sub: str, sid: str) -> Marks:
        """What was seen of a person and of a session."""
        seen = Seen.objects.filter(pk=1).first() or Seen()
        logouts = LogoutToken.objects.filter(iss=settings.OIDC_ISSUER)
        account = Account.objects.filter(iss=settings.OIDC_ISSUER, sub=sub).first()
        of_person = logouts.filter(sid="", sub=sub).aggregate(at=Max("at"))["at"]
        return Marks(
            epoch=Epoch(seen.site_epoch, account.epoch if account else 0),
            is_sid_ended=bool(sid) and logouts.filter(sid=sid, sub__in=["", sub]).exists(),
            sub_ended_at=of_person or 0,
            latest_time=seen.latest_time,
        )

    def note_epoch(self, sub: str, epoch: Epoch) -> None:
        """The higher of each number; two statements, each of which only raises."""
        self._raise(site_epoch=epoch.site)
        people = Account.objects.filter(iss=settings.OIDC_ISSUER, sub=sub)
        people.filter(epoch__lt=epoch.account).update(epoch=epoch.account)

    def note_time(self, now: int) -> None:
        """The later time."""
        self._raise(latest_time=now)

    def correct_time(self, now: int) -> None:
        """The time, after a clock that ran ahead."""
        Seen.objects.update_or_create(pk=1, defaults={"latest_time": now})

    def obey_logout(self, claims: LogoutClaims, *, now: int, until: int) -> int | None:  # noqa: ARG002
        """Remembering the token and ending the sessions is one transaction.

        So a failure leaves the token free to be sent again.
        """
        sid, sub = claims.sid or "", claims.sub or ""
        sessions = Session.objects.filter(account__iss=settings.OIDC_ISSUER)
        if sid:
            sessions = sessions.filter(sid=sid)
        if sub:
            sessions = sessions.filter(account__sub=sub)
        try:
            with transaction.atomic():
                LogoutToken.objects.create(
                    iss=settings.OIDC_ISSUER,
                    jti=claims.jti,
                    sid=sid,
                    sub=sub,
                    at=claims.iat,
                    expires=datetime.fromtimestamp(until, UTC),
                )
                return sessions.delete()[0]
        except IntegrityError:
            return None

    def _raise(self, **numbers: int) -> None:
        Seen.objects.get_or_create(pk=1)
        raised = {name: Greatest(F(name), Value(number)) for name, number in numbers.items()}
        Seen.objects.filter(pk=1).update(**raised)


def _columns(record: SessionRecord) -> dict[str, object]:
    return {
        "sid": record.claims.sid,
        "claims": record.claims.dump(),
        "refresh_token": record.refresh_token or "",
        "id_token": record.id_token,
        "confirmed_at": record.confirmed_at,
        "failed_at": record.failed_at,
        "version": record.version,
    }
