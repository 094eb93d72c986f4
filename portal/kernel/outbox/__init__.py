"""Messages that leave: templates, channels, delivery and its reports, webhooks."""
