"""Running unattended: the configuration, logs, health, metrics and the word with systemd."""
