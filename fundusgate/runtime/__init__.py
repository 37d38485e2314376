"""What a camera installs: bundle, pre-processing, backends, assessment and guidance."""
