"""The yard: starts and tends the whole product, and nothing of it knows about the launcher.

`cli` is the front door that `./aymak` hands over to; `supervisor` keeps the processes running;
`rabbitmq` and `postgres` are private servers that the tests use as well; `report` and `demo` are
users of the running product over HTTP.
"""
