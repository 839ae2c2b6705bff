/** Connection-tracking timeouts of a zone. */
export const ctTimeoutPolicyTable = {
  columns: {
    timeouts: {
      map: [
        {
          oneOf: [
            "tcp_syn_sent",
            "tcp_syn_recv",
            "tcp_established",
            "tcp_fin_wait",
            "tcp_close_wait",
            "tcp_last_ack",
            "tcp_time_wait",
            "tcp_close",
            "tcp_syn_sent2",
            "tcp_retransmit",
            "tcp_unack",
            "udp_first",
            "udp_single",
            "udp_multiple",
            "icmp_first",
            "icmp_reply",
          ],
        },
        { integer: [0, 4294967295] },
      ],
    },
    external_ids: { map: ["string", "string"] },
  },
} as const;
