"""Settings for `make run`: as production, but for http on *.localhost (see base.LOOPBACK_HTTP)."""

from authsite.settings.base import *  # noqa: F403
