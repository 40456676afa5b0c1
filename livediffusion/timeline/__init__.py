"""Pure musical time: transport and scheduler."""
