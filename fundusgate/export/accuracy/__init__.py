"""What another precision costs: measured on photographs, held to a budget, told."""
