/** A packet that went through `ct`: what its key said afterwards, and its bytes but the Ethernet addresses. */
export interface Tracked {
  readonly state: number;
  readonly mark: number;
  readonly bytes: string;
}

/** What is done to packets by the port they come in by: the text of a datapath's `ct` action. Ours takes several, one after the other, with `;` between. */
export interface Rules {
  readonly fromClient: string;
  readonly fromServer: string;
}

/** A switch whose connection tracking is looked at: port 1 is the client's, port 2 the server's. */
export interface Tracker {
  /** Begins anew, without connections. */
  begin(rules: Rules): Promise<void>;
  /** Puts a frame in; gives what came of it. */
  put(port: 1 | 2, frame: Uint8Array): Promise<Tracked[]>;
  call(command: string, ...args: string[]): Promise<string>;
  warp(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}
