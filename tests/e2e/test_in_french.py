"""The site in French, as somebody whose browser speaks it meets it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.people import PASSWORD, Person, has_error

Look = Callable[..., None]
NAME = "Élodie des longues soirées d'hiver"
LONG = "Ce nom d’utilisateur et ce mot de passe ne vont pas ensemble."


def heading(page: Page, words: str) -> None:
    """The page is the one with this heading."""
    expect(page.get_by_role("heading", name=words, exact=True, level=1)).to_be_visible()


def test_frenchwoman_signs_up_and_in_and_reads_french_throughout(
    demo: Demo, person: Person, look: Look
) -> None:
    """Errors too, and what the script says; the letter-perfect pages are looked at."""
    page = person(locale="fr-FR")
    page.goto(demo.wikis[1])
    page.locator("#create-account").click()
    heading(page, "Créer un compte")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_label("Nom d’utilisateur").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill("court")
    page.get_by_role("button", name="Créer un compte").click()
    expect(page.get_by_role("alert")).to_contain_text("Ce mot de passe est trop court")
    has_error(page, word="Erreur\u00a0: ")
    look(page, "french-sign-up-error")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer un compte").click()
    expect(page.locator("#account-name")).to_have_text(NAME)
    page.goto(f"{demo.issuer}/account/")
    heading(page, "Votre compte")
    look(page, "french-account")
    page.goto(f"{demo.issuer}/account/sessions")
    heading(page, "Vos sessions ouvertes")
    how = re.compile("^Connexion (à l’instant|il y a [12] minutes?) par mot de passe")
    expect(page.get_by_text(how)).to_be_visible()
    look(page, "french-sessions", few=True)
    page.goto(f"{demo.issuer}/account/two-factor")
    heading(page, "Clés d’accès et connexion en deux étapes")
    look(page, "french-two-factor")

    page = person(locale="fr-FR")
    page.goto(demo.wikis[1])
    page.locator("#sign-in").click()
    heading(page, "Se connecter")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    expect(page.get_by_role("button", name="Masquer le mot de passe")).to_be_visible()
    look(page, "french-sign-in")
    page.get_by_label("Nom d’utilisateur").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill("quelque chose d'autre")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text(LONG)
    look(page, "french-sign-in-error")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.locator("#account-name")).to_have_text(NAME)
    page.goto(f"{demo.issuer}/nulle-part")
    heading(page, "Page introuvable")
    look(page, "french-not-found")


def test_language_is_changed_at_the_foot_of_the_page_and_keeps_the_way(
    demo: Demo, person: Person
) -> None:
    """By one choice and one press, also on the way to a wiki that asks for another language."""
    page = person(locale="en-GB")
    page.goto(demo.wikis[1])
    page.locator("#sign-in").click()
    heading(page, "Se connecter")
    page.get_by_label("Langue").select_option("English")
    page.get_by_role("button", name="Changer").click()
    heading(page, "Sign in")
    expect(page.locator(".lead")).to_contain_text("to continue to")
    page.get_by_role("button", name="Create account").click()
    heading(page, "Create account")
    expect(page.locator(".lead")).to_contain_text("to continue to")
