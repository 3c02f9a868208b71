"""A small Django project, which the tests complete by the blocks of docs/wikis/django-wiki.md."""
