"""Every change to agencies, people, rules and sessions: policy, change and event together."""
