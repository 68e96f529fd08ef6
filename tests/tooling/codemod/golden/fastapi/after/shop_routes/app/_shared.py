# From shop: what its routes share.

people = []
