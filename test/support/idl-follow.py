"""Follows one table of a database with python3-openvswitch's replica and prints its rows as JSON, a line for each change.

usage: idl-follow.py REMOTE SCHEMA TABLE COLUMN [COLUMN...]

A line "set COLUMN VALUE" on standard input sets that string column in every row and prints {"commit": STATUS}.
"""

import json
import os
import sys

import ovs.db.idl
import ovs.poller

remote, schema, table, *columns = sys.argv[1:]
helper = ovs.db.idl.SchemaHelper(schema)
helper.register_columns(table, columns)
idl = ovs.db.idl.Idl(remote, helper)


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, ovs.db.idl.Row):
        return str(value.uuid)
    return value


def say(message):
    print(json.dumps(message, sort_keys=True), flush=True)


stdin = 0
os.set_blocking(stdin, False)
pending = ""
seen = None
transaction = None
while True:
    idl.run()
    if idl.has_ever_connected() and idl.change_seqno != seen:
        seen = idl.change_seqno
        rows = [{c: plain(getattr(row, c)) for c in columns} for row in idl.tables[table].rows.values()]
        say(sorted(rows, key=str))
    if transaction is None and "\n" in pending:
        line, pending = pending.split("\n", 1)
        _, column, value = line.split(" ", 2)
        transaction = ovs.db.idl.Transaction(idl)
        for row in idl.tables[table].rows.values():
            setattr(row, column, value)
    if transaction is not None:
        status = transaction.commit()
        if status != ovs.db.idl.Transaction.INCOMPLETE:
            say({"commit": status})
            transaction = None
    poller = ovs.poller.Poller()
    idl.wait(poller)
    if transaction is not None:
        transaction.wait(poller)
    poller.fd_wait(stdin, 1)
    poller.block()
    try:
        data = os.read(stdin, 65536)
        if not data:
            sys.exit(0)
        pending += data.decode()
    except BlockingIOError:
        pass
