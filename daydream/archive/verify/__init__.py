"""`daydream verify`: every number walked back to the texts that it comes from."""
