"""The Staff page: what those behind the till say of the toys, with a key."""
