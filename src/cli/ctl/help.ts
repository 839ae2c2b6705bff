import type { Directories } from "#runtime/dirs.js";

/** What `ovs-ctl --help` prints. */
export const ctlHelp = (dirs: Directories): string => `ovs-ctl: controls the daemons of the switch
usage: ovs-ctl [OPTIONS] COMMAND

Start scripts call this program; an administrator seldom has to.

Commands:
  start                       start ovsdb-server and ovs-vswitchd
  stop                        stop them
  restart                     stop and start them; flows are saved and put back
  status                      tell whether they run
  version                     print their versions
  load-kmod                   nothing: Weft has no kernel module
  force-reload-kmod           as restart
  delete-transient-ports      delete ports with other_config:transient=true
  record-hostname-if-not-set  write the host's name into the database, where it
                              has none
  help                        display this help message

Options for "start", "restart" and "force-reload-kmod":
  --system-id=UUID            the switch's identity
  --system-id=random          one that is made once, and kept in a file
  --system-type=TYPE          kind of system (e.g. "KVM")
  --system-version=VERSION    version of the system
  --external-id=KEY=VALUE     add to Open_vSwitch:external_ids
  --delete-bridges            delete all bridges before ovs-vswitchd starts
  --delete-transient-ports    delete transient ports before ovs-vswitchd starts
  --ovs-user=USER[:GROUP]     daemons run as USER
  --no-monitor                daemons are not started again when they crash
  --no-mlockall               memory of ovs-vswitchd may be paged out
  --no-self-confinement       daemons use sockets anywhere
  --daemon-cwd=DIR            working directory of daemons (default: /)
  --ovsdb-server-priority=NICE, --ovs-vswitchd-priority=NICE
                              niceness of daemons (default: -10)
  --ovsdb-server-options=OPTIONS, --ovs-vswitchd-options=OPTIONS
                              further options of daemons
  --no-full-hostname          record the host's short name
  --no-record-hostname        do not record the host's name

Files:
  --db-file=FILE              database (default: ${dirs.db}/conf.db)
  --db-sock=SOCKET            its socket (default: ${dirs.run}/db.sock)
  --db-schema=FILE            its schema (default: Weft's own)
  --extra-dbs=FILES           further databases, separated by spaces

Other options:
  --no-ovsdb-server           leave ovsdb-server as it is
  --no-ovs-vswitchd           leave ovs-vswitchd as it is
  -h, --help                  display this help message
  -V, --version               display version information
`;
