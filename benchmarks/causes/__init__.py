"""Parts of the causes' evaluation: faults by three hands, cases, fitting, counting."""
