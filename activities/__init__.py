"""Side effects: verbs on classes that hold what they need. Doing one twice does no harm."""
