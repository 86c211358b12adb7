"""SQLAlchemy models, queries and migrations: the only place with SQL."""
