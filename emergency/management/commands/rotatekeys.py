"""``manage.py rotatekeys``: changes key rings where processes read them, and follows them up."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions import key_status, reseal_keys, rotate_keys
from emergency.actions.reseal_keys import BATCHES, NewSigningKeys, Resealed, Tally
from emergency.actions.rings import all_rings, ring_names
from emergency.actions.rotate_keys import Change
from emergency.env_files import EnvFileRefused
from emergency.errors import RotationRefused
from emergency.management import rotation_words as words

_MODES: Final = ("status", "derived", "re_seal", "activate", "drop", "drop_old")
_LONGEST_REASON: Final = 1000


class Command(ConsoleCommand):
    """Keys go from the source of randomness into files, and are never shown."""

    help = (
        "Put a new key in front of key rings, in the environment files of all processes that hold "
        "them; put the vault's rows under it (--re-seal); take old keys out (--drop); say what "
        "still names which key (--status). docs/keys.md has the steps."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which rings, in which files, and what to do with them."""
        super().add_arguments(parser)
        parser.add_argument("rings", nargs="*", metavar="RING", help="as PEPPER, or its variable")
        parser.add_argument("--all", action="store_true", help="every ring, and the signing keys")
        parser.add_argument(
            "--env-file",
            action="append",
            default=[],
            metavar="FILE",
            dest="files",
            help="an environment file of mode 600; once for each process",
        )
        parser.add_argument(
            "--behind",
            action="store_true",
            help="put the new key behind the others: everybody can read it before anybody uses it",
        )
        parser.add_argument(
            "--activate", metavar="KEYID", help="put that key in front, which --behind has added"
        )
        parser.add_argument("--drop", metavar="KEYID", help="take that old key out")
        parser.add_argument("--drop-old", action="store_true", help="take all but active keys out")
        parser.add_argument(
            "--force", action="store_true", help="drop a key although the vault still names it"
        )
        parser.add_argument("--reason", help="why; stands in the audit trail")
        parser.add_argument(
            "--partial", action="store_true", help="without the files of some role: copy the line"
        )
        parser.add_argument("--status", action="store_true", help="what still names which key")
        parser.add_argument(
            "--re-seal", action="store_true", help="put the vault's rows under the active keys"
        )
        parser.add_argument("--batch", type=int, default=200, help="rows in one short transaction")
        parser.add_argument(
            "--derived",
            action="store_true",
            help="write ADDRESS_LOOKUP, which follows from ADDRESS, into files with a line for it",
        )
        parser.add_argument("--signing", action="store_true", help="make new signing keys")
        parser.add_argument(
            "--compromised", action="store_true", help="withdraw the old signing keys at once"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Does one of these things."""
        try:
            _verify(options)
            if options["status"]:
                self._status(options)
            elif options["derived"]:
                self._derive(options)
            elif options["re_seal"]:
                self._reseal(options)
            else:
                self._change(options)
        except (RotationRefused, EnvFileRefused) as error:
            raise CommandError(str(error)) from error

    def _change(self, options: Mapping[str, Any]) -> None:
        changes = _changed_rings(options)
        signing = None
        if _wants_signing(options):
            signing = NewSigningKeys({}, 0)
            if not options["dry_run"]:
                signing = reseal_keys.replace_signing_keys(
                    compromised=options["compromised"], reason=options["reason"] or ""
                )
        self.say(
            words.changes_as_json(changes, signing, dry_run=options["dry_run"]),
            as_json=options["json"],
            lines=words.changes_in_words(changes, signing, dry_run=options["dry_run"]),
        )

    def _derive(self, options: Mapping[str, Any]) -> None:
        changed = rotate_keys.write_followers(options["files"], dry_run=options["dry_run"])
        self.say(
            {"dry_run": options["dry_run"], "files": changed},
            as_json=options["json"],
            lines=words.derived_in_words(changed, dry_run=options["dry_run"]),
        )

    def _status(self, options: Mapping[str, Any]) -> None:
        found = key_status.status(options["files"])
        behind = key_status.left_behind(options["files"])
        self.say(
            {**words.status_as_json(found), "left_behind": behind},
            as_json=options["json"],
            lines=[*words.status_in_words(found), *words.left_behind_in_words(behind)],
        )

    def _reseal(self, options: Mapping[str, Any]) -> None:
        if options["dry_run"]:
            stale = reseal_keys.stale_rows()
            lines = [f"{what}: {count} would be renewed" for what, count in stale.items()]
            self.say({"dry_run": True, "stale": stale}, as_json=options["json"], lines=lines)
            return
        done = reseal_keys.reseal(
            batch=options["batch"],
            progress=self._tell_progress,
        )
        self.say(
            words.resealed_as_json(done),
            as_json=options["json"],
            lines=words.resealed_in_words(done),
        )
        _complain_of_what_is_left(done)

    def _tell_progress(self, total: int, tally: Tally) -> None:
        """How far one kind has come; what it came to is said in the end."""
        if tally.renewed + tally.refused < total:
            self.stderr.write(words.progress(total, tally))


def _changed_rings(options: Mapping[str, Any]) -> list[Change]:
    words_given = options["rings"]
    if not words_given and not options["all"]:
        return []  # the signing keys alone
    rings = ring_names(words_given) if words_given else all_rings()
    files, common = options["files"], {k: options[k] for k in ("partial", "dry_run")}
    if options["activate"]:
        return rotate_keys.activate_key(rings, options["activate"], files, **common)
    if options["drop"] or options["drop_old"]:
        reason = options["reason"].strip() if options["force"] else None
        return rotate_keys.drop_keys(rings, options["drop"], files, reason=reason, **common)
    return rotate_keys.add_keys(rings, files, behind=options["behind"], **common)


def _wants_signing(options: Mapping[str, Any]) -> bool:
    is_rotation = not any(options[mode] for mode in _MODES) and not options["behind"]
    return bool(options["signing"] or (options["all"] and is_rotation))


def _verify(options: Mapping[str, Any]) -> None:
    """Refuses what makes no sense together. Raises ``CommandError``."""
    modes = [f"--{mode.replace('_', '-')}" for mode in _MODES if options[mode]]
    if len(modes) > 1:
        raise CommandError(f"{' and '.join(modes)}: one at a time")
    looks = options["status"] or options["re_seal"] or options["derived"]
    if looks and (options["rings"] or options["signing"]):
        raise CommandError(f"{modes[0]} is for every ring: name none")
    if not looks and not (options["rings"] or options["all"] or options["signing"]):
        raise CommandError("name a ring (or --all, --signing, --status, --re-seal)")
    if options["rings"] and options["all"]:
        raise CommandError("--all is every ring: name none")
    if modes and options["behind"]:
        raise CommandError(f"--behind and {modes[0]}: one at a time")
    if options["batch"] not in BATCHES:
        raise CommandError(f"--batch must be from {BATCHES[0]} to {BATCHES[-1]}")
    _verify_severity(options, modes)


def _verify_severity(options: Mapping[str, Any], modes: list[str]) -> None:
    reason = (options["reason"] or "").strip()
    if len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise CommandError("say why in at most 1,000 characters, on one line")
    if options["force"] and not (modes and modes[0].startswith("--drop")):
        raise CommandError("--force is for --drop and --drop-old")
    if (options["force"] or options["compromised"]) and not reason:
        raise CommandError("say why with --reason; it stands in the audit trail")
    if options["compromised"] and (not options["signing"] or options["rings"] or options["all"]):
        raise CommandError(
            "--compromised goes with --signing alone: rotate the rings first, start the processes "
            "with them, and seal the new signing keys under the new ring"
        )


def _complain_of_what_is_left(done: list[Resealed]) -> None:
    refused = sum(one.tally.refused for one in done)
    busy = sum(one.tally.busy for one in done)
    if refused:
        raise CommandError(f"{refused} rows were left as they are: what they carry does not verify")
    if busy:
        raise CommandError(f"{busy} rows were in use all the time: run this again")
