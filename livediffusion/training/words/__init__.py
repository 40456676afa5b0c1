"""The words of captions: genres, attributes, instruments and what people say around them."""
