"""The Insights page: how good the model is, and what is shown and bought."""
