"""The outside world becomes ControlMessage."""
