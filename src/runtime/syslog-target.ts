/** Where syslog messages go. Sending never fails: what cannot be delivered is dropped, as syslog(3) does. */
export interface SyslogTarget {
  /** The message with its PRI part. */
  send(text: string): void;
  close(): void;
}

/** Makes a target by the name that `--syslog-method` takes: `unix:FILE` or `udp:IP:PORT`; undefined where the host cannot. */
export type OpenSyslog = (method: string) => SyslogTarget | undefined;
