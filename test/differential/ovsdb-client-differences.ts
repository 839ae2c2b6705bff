import type { ClientOutcome } from "./ovsdb-client-run.js";

/** A line that ours answers otherwise than the recorded release, and means to. */
export interface ClientDifference {
  readonly line: string;
  readonly why: string;
  readonly ours: Partial<ClientOutcome>;
}

export const clientDifferences: readonly ClientDifference[] = [
  {
    line: "--s",
    why: "TLS 1.3 has an option of its own, as in later releases.",
    ours: {
      status: 1,
      stdout: "",
      stderr:
        "ovsdb-client: option '--s' is ambiguous; possibilities: '--syslog-method' '--syslog-target' '--ssl-protocols' '--ssl-ciphers' '--ssl-ciphersuites'\n",
    },
  },
  {
    line: "--unixctl=x list-dbs",
    why: "The name of a detached client's control socket can be chosen.",
    ours: { status: 0, stdout: "S\n_Server\n", stderr: "" },
  },
  {
    line: "-u x list-dbs",
    why: "As --unixctl.",
    ours: { status: 0, stdout: "S\n_Server\n", stderr: "" },
  },
  {
    line: "-t1 unlock l4",
    why: "What the server refuses is told. 3.1 says nothing and waits for ever.",
    ours: {
      status: 1,
      stderr:
        'ovsdb-client: transaction returned error: {"details":"unlock: \\"unlock\\" without \\"lock\\" or \\"steal\\"","error":"syntax error","syntax":"[\\"l4\\"]"}\n',
    },
  },
  {
    line: "-t1 lock 'not an id'",
    why: "What the server refuses is told. 3.1 says nothing and waits for ever.",
    ours: {
      status: 1,
      stderr:
        'ovsdb-client: transaction returned error: {"details":"lock request params must be <id>","error":"syntax error","syntax":"[\\"not an id\\"]"}\n',
    },
  },
  {
    line: "monitor-cond S {} T",
    why: "A condition that is no array is refused. 3.1 dies of it.",
    ours: { status: 1, stderr: 'ovsdb-client: syntax "{}": syntax error: array expected\n' },
  },
  {
    line: "-t1 --timestamp -f json monitor S U v",
    why: "The time is in the object, as the manual says. 3.1 dies of it.",
    ours: {
      status: "SIGALRM",
      stdout:
        '{"data":[["UUIDUUID-UUID-UUID-UUID-UUIDUUIDUUID","initial",7]],"headings":["row","action","v"],"time":"TIME"}\n',
      stderr: "00001|fatal_signal|WARN|terminating with signal 14 (Alarm clock)\n",
    },
  },
  {
    line: "restore S < twice.db",
    why: "A snapshot that breaks the schema's rules is refused. 3.1 empties the table and says nothing.",
    ours: {
      status: 1,
      stderr:
        'ovsdb-client: transaction returned error: {"details":"Transaction causes multiple rows in \\"T\\" table to have identical values (q) for index on column \\"name\\".  First row, with UUID UUIDUUID-UUID-UUID-UUID-UUIDUUIDUUID, was inserted by this transaction.  Second row, with UUID UUIDUUID-UUID-UUID-UUID-UUIDUUIDUUID, was inserted by this transaction.","error":"constraint violation"}\n',
    },
  },
];
