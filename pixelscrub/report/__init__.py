"""Before and after, for a person: pictures made while applying, and static pages made of them."""
