"""Questions asked of the gold tables: target, outcome, time-at-risk, features, learner."""
