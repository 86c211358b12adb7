"""What a person or a machine can do: authorise, then start or update a process. One function an act."""
