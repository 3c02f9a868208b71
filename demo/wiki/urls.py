"""Every address of the wiki."""

from django.urls import path

from .views import asset, auth, backchannel, edit, mail, pages

urlpatterns = [
    path("", pages.front, name="front"),
    path("pages", pages.index, name="pages"),
    path("wiki/<str:slug>", pages.read, name="read"),
    path("history/<str:slug>", pages.history, name="history"),
    path("history/<str:slug>/<int:number>", pages.revision, name="revision"),
    path("edit", edit.choose, name="choose"),
    path("edit/<str:slug>", edit.edit, name="edit"),
    path("auth/login", auth.login, name="login"),
    path("auth/create", auth.create, name="create"),
    path("auth/callback", auth.callback, name="callback"),
    path("auth/logout", auth.logout, name="logout"),
    path("auth/logged-out", auth.logged_out, name="logged-out"),
    path("auth/backchannel", backchannel.backchannel, name="backchannel"),
    path("mail", mail.mailbox, name="mail"),
    path("mail/<str:key>", mail.letter, name="letter"),
    path("mail/<str:key>/text", mail.letter_text, name="letter-text"),
    path("mail/<str:key>/html", mail.letter_html, name="letter-html"),
    path("icon.svg", asset.icon, name="icon"),
    path("style.css", asset.style, name="style"),
    path("health", asset.health, name="health"),
]

handler400 = "demo.wiki.views.errors.bad_request"
handler404 = "demo.wiki.views.errors.not_found"
handler500 = "demo.wiki.views.errors.server_error"
