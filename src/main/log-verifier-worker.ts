import { NodeFiles } from "#host/node/files.js";
import { threadParent } from "#host/node/threads.js";
import { verifyLog } from "#ovsdb-server/log-verifier.js";

// Looks at the hashes of a database's log while the server reads it; started by `startLogVerifier`, never by hand.
verifyLog(new NodeFiles(), threadParent().data);
