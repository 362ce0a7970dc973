"""What runs in a peer's environment: it imports its peer and what comes with it, and nothing else of ToyGuide."""
