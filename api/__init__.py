"""The HTTP edge: sign-in, problems in words, JSON routes. A route translates to a command or a query."""
