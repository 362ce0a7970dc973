"""What goes to headquarters."""

CURSOR = "forward.cursor"
