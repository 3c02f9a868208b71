"""Single pieces, without HTTP."""
