"""What must hold for every URL, setting and file."""
