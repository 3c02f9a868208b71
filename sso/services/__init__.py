"""What the endpoints decide and make, without HTTP: requests judged, codes, tokens, logouts."""
