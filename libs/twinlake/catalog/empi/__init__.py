"""The enterprise master patient index: source persons, their links and retired ids; identifiers stay here."""
