"""What a flow has proven so far, as views and the flow carry it."""

from vault.attempts import Attempt

__all__ = ["Attempt"]
