"""No models: the vault is asked through functions. Without this file no post_migrate is sent."""
