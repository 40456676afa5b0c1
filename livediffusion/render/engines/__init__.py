"""The models that turn a request into a picture."""
