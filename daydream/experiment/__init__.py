"""What an experiment asks for: settings, catalogs, combinations, cohorts."""
