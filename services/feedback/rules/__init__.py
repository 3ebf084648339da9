"""Pure rules of feedback: time, calendar and terms are arguments, nothing is read or stored."""
