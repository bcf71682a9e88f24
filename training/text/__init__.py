"""Pictures with burned-in text, drawn without end, and the network that learns from them."""
