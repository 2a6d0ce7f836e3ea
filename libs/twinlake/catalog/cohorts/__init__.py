"""Who is looked at and when: the moments of a person's history, and what was known at each of them."""
