"""From RenderRequest to loop, in a process of its own."""
