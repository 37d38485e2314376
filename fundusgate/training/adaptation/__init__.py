"""Fine-tuning to one camera from a few dozen labelled photographs, cross-validated by patient."""
