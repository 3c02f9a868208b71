"""The protocol's endpoints, one a file. They translate HTTP to services, and errors to answers."""
