"""What people want to be told, how, and when not."""
