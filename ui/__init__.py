"""The pages: routes that translate to commands and queries, their templates and their static files."""
