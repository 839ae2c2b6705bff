/** Where syslog messages go. Sending never fails: what cannot be delivered is dropped, as syslog(3) does. */
export interface SyslogTarget {
  /** The message with its PRI part. */
  send(text: string): void;
  close(): void;
}
