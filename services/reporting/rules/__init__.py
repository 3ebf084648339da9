"""Pure rules of reporting: due dates, states, forecast, restatements, next actions.

Time, calendar and plan are arguments; nothing here reads a clock, a session or the environment.
"""
