"""What `toyguide bench sizes` measures: catalogues larger than any at hand, and ways to find the best toys in them."""
