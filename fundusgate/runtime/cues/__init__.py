"""Plain image cues that name the cause of a poor photograph."""
