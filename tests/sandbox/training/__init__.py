"""Training scenarios: stories in which one person is played by a learner and everybody else by the practice ground."""
