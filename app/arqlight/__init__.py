"""The ways in: command line and screen. They compose the parts and hold no rules of their own."""
