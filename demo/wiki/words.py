"""Every word the wiki says, in English and French side by side."""

# French and English have apostrophes and quotation marks of their own.
# ruff: noqa: RUF001

import re

from . import settings


def say(key: str, **values: object) -> str:
    """The sentence for `key` in the wiki's language, with `{name}` places filled from `values`."""
    words = WORDS[key][settings.WIKI_LANGUAGE]
    if settings.WIKI_LANGUAGE == "fr":
        # French sets a space before these marks, at which a line must not break.
        words = re.sub(r" (?=[:;?!»])|(?<=«) ", "\N{NO-BREAK SPACE}", words)
    return words.format(**values)


WORDS: dict[str, dict[str, str]] = {
    # The frame
    "skip": {"en": "Skip to the text", "fr": "Aller au texte"},
    "all_pages": {"en": "All pages", "fr": "Toutes les pages"},
    "mail": {"en": "Mail", "fr": "Courrier"},
    "sign_in": {"en": "Sign in", "fr": "Se connecter"},
    "sign_out": {"en": "Sign out", "fr": "Se déconnecter"},
    "create_account": {"en": "Create account", "fr": "Créer un compte"},
    "signed_in_as": {"en": "Signed in as", "fr": "Compte :"},
    "navigation": {"en": "Wiki", "fr": "Wiki"},
    "your_account": {"en": "Your account", "fr": "Votre compte"},
    "footer": {
        "en": "A demonstration wiki. Accounts live on the sign-in site that all wikis share.",
        "fr": "Un wiki de démonstration. Les comptes vivent sur le site de connexion commun.",
    },
    # Reading
    "front_page": {"en": "Main Page", "fr": "Accueil"},
    "edit": {"en": "Edit", "fr": "Modifier"},
    "history": {"en": "History", "fr": "Historique"},
    "read": {"en": "Read", "fr": "Lire"},
    "last_changed_by": {
        "en": "Last changed by {name},",
        "fr": "Dernière modification par {name},",
    },
    "missing_text": {
        "en": "There is no page of this name yet.",
        "fr": "Il n’y a pas encore de page de ce nom.",
    },
    "write_page": {"en": "Write this page", "fr": "Écrire cette page"},
    "new_page": {"en": "Title of a new page", "fr": "Titre d’une nouvelle page"},
    "new_page_button": {"en": "Begin the page", "fr": "Commencer la page"},
    "title_error": {
        "en": "A title has 1 to 120 characters and none of these: # < > [ ] | {{ }} / \\ ?",
        "fr": "Un titre compte de 1 à 120 caractères, sans aucun de ceux-ci : "
        "# < > [ ] | {{ }} / \\ ?",
    },
    # History
    "history_of": {"en": "History of “{title}”", "fr": "Historique de « {title} »"},
    "founders": {"en": "the wiki’s founders", "fr": "les fondateurs du wiki"},
    "version": {"en": "Version {number}", "fr": "Version {number}"},
    "version_of": {
        "en": "“{title}”, version {number}",
        "fr": "« {title} », version {number}",
    },
    "what_changed": {"en": "What changed", "fr": "Ce qui a changé"},
    "as_it_was": {"en": "The page as it was then", "fr": "La page telle qu’elle était"},
    # Editing
    "editing": {"en": "Editing “{title}”", "fr": "Modification de « {title} »"},
    "beginning": {"en": "New page: “{title}”", "fr": "Nouvelle page : « {title} »"},
    "text": {"en": "Text", "fr": "Texte"},
    "text_hint": {
        "en": "An empty line begins a paragraph. == Heading ==, * item, '''bold''', ''italic'', "
        "[[Page]], [[Page|other words]].",
        "fr": "Une ligne vide commence un paragraphe. == Titre ==, * élément, '''gras''', "
        "''italique'', [[Page]], [[Page|autres mots]].",
    },
    "summary": {"en": "What did you change?", "fr": "Qu’avez-vous changé ?"},
    "summary_hint": {
        "en": "In a few words, for the history; may stay empty.",
        "fr": "En quelques mots, pour l’historique ; facultatif.",
    },
    "save": {"en": "Save page", "fr": "Enregistrer la page"},
    "saved_under": {
        "en": "It will be saved under your name, {name}.",
        "fr": "La page sera enregistrée sous votre nom, {name}.",
    },
    "cancel": {"en": "Leave without saving", "fr": "Quitter sans enregistrer"},
    "error": {"en": "Error:", "fr": "Erreur :"},
    "empty": {
        "en": "The page cannot be empty. Write something, then save again.",
        "fr": "La page ne peut pas être vide. Écrivez quelque chose, puis enregistrez.",
    },
    "too_long": {
        "en": "The text is too long: 100,000 characters fit. Split it over several pages.",
        "fr": "Le texte est trop long : 100 000 caractères au plus. Répartissez-le.",
    },
    "conflict": {
        "en": "Somebody else saved this page while you were writing. Nothing of yours is saved "
        "yet: bring both texts together below, then save again.",
        "fr": "Quelqu’un a enregistré cette page pendant que vous écriviez. Votre texte n’est pas "
        "encore enregistré : réunissez les deux textes ci-dessous, puis enregistrez.",
    },
    "other_text": {"en": "The page as it is now", "fr": "La page telle qu’elle est maintenant"},
    "draft": {
        "en": "Here is the text you had typed. It is not saved yet.",
        "fr": "Voici le texte que vous aviez écrit. Il n’est pas encore enregistré.",
    },
    "sign_in_to_edit_title": {"en": "Sign in to edit", "fr": "Connectez-vous pour modifier"},
    "sign_in_to_edit_text": {
        "en": "Everybody can read. To change “{title}”, sign in first, so that the history can "
        "say who wrote what.",
        "fr": "Tout le monde peut lire. Pour modifier « {title} », connectez-vous d’abord, afin "
        "que l’historique dise qui a écrit quoi.",
    },
    "back_to": {"en": "Back to “{title}”", "fr": "Retour à « {title} »"},
    "session_over_title": {
        "en": "Your session has ended",
        "fr": "Votre session est terminée",
    },
    "session_over_text": {
        "en": "You are no longer signed in, so nothing was saved. Your text is below and comes "
        "along when you sign in.",
        "fr": "Vous n’êtes plus connecté, donc rien n’a été enregistré. Votre texte est "
        "ci-dessous et vous suivra pendant la connexion.",
    },
    "session_over_unreachable": {
        "en": "The sign-in site does not answer right now. Your text is still below: copy it to "
        "be safe, and try again in a few minutes.",
        "fr": "Le site de connexion ne répond pas pour le moment. Votre texte est toujours "
        "ci-dessous : copiez-le par précaution et réessayez dans quelques minutes.",
    },
    "sign_in_and_go_on": {
        "en": "Sign in and go on editing",
        "fr": "Se connecter et continuer",
    },
    "your_text": {"en": "Your text", "fr": "Votre texte"},
    "form_lost_title": {
        "en": "This form could not be sent",
        "fr": "Ce formulaire n’a pas pu être envoyé",
    },
    "form_lost_text": {
        "en": "Your browser did not send the cookie that belongs to it, so nothing was done. "
        "Go back, reload the page and try again.",
        "fr": "Votre navigateur n’a pas envoyé le cookie correspondant ; rien n’a été fait. "
        "Revenez en arrière, rechargez la page et réessayez.",
    },
    "form_lost_copy": {
        "en": "Copy your text first:",
        "fr": "Copiez d’abord votre texte :",
    },
    # Signing in and out
    "unreachable_title": {
        "en": "The sign-in site does not answer",
        "fr": "Le site de connexion ne répond pas",
    },
    "unreachable_text": {
        "en": "Signing in is not possible at the moment. Reading is. Please try again in a few "
        "minutes.",
        "fr": "La connexion est impossible pour le moment, mais la lecture reste possible. "
        "Réessayez dans quelques minutes.",
    },
    "flow_unknown_title": {
        "en": "This sign-in is over",
        "fr": "Cette connexion n’est plus valable",
    },
    "flow_unknown_text": {
        "en": "It was finished before, took too long, or was begun in another browser. If this "
        "goes on, check that your browser accepts cookies. You are welcome to begin again.",
        "fr": "Elle est déjà terminée, a duré trop longtemps ou a commencé dans un autre "
        "navigateur. Si cela se répète, vérifiez que votre navigateur accepte les cookies. "
        "Vous pouvez recommencer.",
    },
    "sign_in_failed_title": {
        "en": "You were not signed in",
        "fr": "Vous n’avez pas été connecté",
    },
    "sign_in_failed_text": {
        "en": "The sign-in site ended this attempt. You can go on reading, or try again.",
        "fr": "Le site de connexion a mis fin à cette tentative. Vous pouvez continuer à lire "
        "ou réessayer.",
    },
    "sign_in_unverified_title": {
        "en": "You were not signed in",
        "fr": "Vous n’avez pas été connecté",
    },
    "sign_in_unverified_text": {
        "en": "The answer could not be verified as coming from the sign-in site, so it was not "
        "accepted. Please try again.",
        "fr": "Il n’a pas été possible de vérifier que la réponse venait du site de connexion ; "
        "elle a donc été refusée. Veuillez réessayer.",
    },
    "logged_out_title": {"en": "You are signed out", "fr": "Déconnexion réussie"},
    "logged_out_text": {
        "en": "You can go on reading. To edit, sign in again.",
        "fr": "Vous pouvez continuer à lire. Pour modifier, reconnectez-vous.",
    },
    "logged_out_here": {
        "en": "You are signed out of this wiki only: the sign-in site did not answer, and you may "
        "still be signed in there. On a shared computer, close the browser.",
        "fr": "Vous êtes déconnecté de ce wiki seulement : le site de connexion n’a pas répondu "
        "et vous y êtes peut-être encore connecté. Sur un ordinateur partagé, fermez le "
        "navigateur.",
    },
    "still_signed_in_title": {
        "en": "You are signed in",
        "fr": "Vous êtes connecté",
    },
    "go_on_reading": {"en": "Go on reading", "fr": "Continuer à lire"},
    # Errors
    "bad_request_title": {"en": "That made no sense here", "fr": "Requête incompréhensible"},
    "bad_request_text": {
        "en": "The wiki could not understand what was sent. Go back and try again.",
        "fr": "Le wiki n’a pas compris ce qui a été envoyé. Revenez en arrière et réessayez.",
    },
    "not_found_title": {"en": "Nothing here", "fr": "Rien ici"},
    "not_found_text": {
        "en": "There is nothing at this address.",
        "fr": "Il n’y a rien à cette adresse.",
    },
    "server_error_title": {"en": "Something broke", "fr": "Une erreur est survenue"},
    "server_error_text": {
        "en": "The wiki made a mistake. Please try again in a while.",
        "fr": "Le wiki a fait une erreur. Réessayez dans un moment.",
    },
    # Mail
    "mail_note": {
        "en": "Only this demonstration has this page: it shows the letters that the sign-in site "
        "would have sent.",
        "fr": "Cette page n’existe que dans la démonstration : elle montre les lettres que le "
        "site de connexion aurait envoyées.",
    },
    "no_mail": {"en": "No letters yet.", "fr": "Pas encore de lettre."},
    "mail_to": {"en": "To", "fr": "À"},
    "mail_from": {"en": "From", "fr": "De"},
    "mail_date": {"en": "Sent", "fr": "Envoyée"},
    "mail_views": {"en": "How to show it", "fr": "Affichage"},
    "mail_html": {"en": "Letter", "fr": "Lettre"},
    "mail_text": {"en": "Plain text", "fr": "Texte brut"},
    "mail_empty": {"en": "This letter says nothing.", "fr": "Cette lettre ne dit rien."},
    "mail_no_subject": {"en": "(no subject)", "fr": "(sans objet)"},
    "all_mail": {"en": "All letters", "fr": "Toutes les lettres"},
}
