"""`make messages`: brings every catalogue below `locale/` up to date, and compiles it."""

from catalogues.files import compiled, forms, languages, po_of, read, updated, written
from catalogues.strings import find_strings


def main() -> None:
    """Write the files, and say what is left for translators to do."""
    strings = find_strings()
    for language in languages():
        words = updated(read(language), strings)
        path = po_of(language)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(written(words))
        path.with_suffix(".mo").write_bytes(compiled(read(language)))
        messages = [message for message in words if message.id]
        missing = sum(not all(forms(message.string)) for message in messages)
        doubtful = sum(message.fuzzy for message in messages)
        print(
            f"locale/{language}: {len(messages)} strings, {missing} to translate,"
            f" {doubtful} to look at again (fuzzy)"
        )


if __name__ == "__main__":
    main()
