"""Pure performance state: parameters, patch, takeover, blend."""
