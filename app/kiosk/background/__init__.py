"""What the kiosk does beside answering: threads that no request waits for."""
