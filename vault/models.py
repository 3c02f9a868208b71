"""No models: the vault is asked through functions. Django sends post_migrate only to apps with this file."""
