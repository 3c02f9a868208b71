"""The pages of second factors."""
