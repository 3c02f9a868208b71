"""What RFC 9700 and the incidents of others describe, tried from outside (docs/attacks.md)."""
