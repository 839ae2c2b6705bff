import { add, mov } from "../../alu.js";
import { callHelper, jump, jumpGreater, jumpNotEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import { label, type ProgramItem } from "../../instruction.js";
import { half, word } from "../../memory.js";
import { r0, r1, r2, r3, r4, r6, r8, r9 } from "../../registers.js";
import { addTo } from "../add-to.js";
import { guestOutput as at, Operation, sentRow } from "../layout.js";
import { skb } from "../skb.js";
import type { OperationCode } from "./operation-code.js";
import { findSentRow } from "./sent-row.js";

const ETHERNET = 14;
const PACKET_HOST = 0;

/**
 * Sends the packet itself by a veth: where it is for the guest at the other end alone, into its namespace at once, else as ever. What the guest gets so was never at the port, so that it is counted here, and
 * what a packet loses on its way through a veth is taken from it here.
 */
export const guestOutput: OperationCode = {
  code: Operation.guestOutput,
  items: ({ processors }) => [
    word.load(r2, r6, skb.data),
    word.load(r3, r6, skb.dataEnd),
    mov.reg(r1, r2),
    add.imm(r1, ETHERNET),
    jumpGreater.reg(r1, r3, "forward by veth"),
    word.load(r1, r2, 0),
    word.load(r4, r8, at.address),
    jumpNotEqual.reg(r1, r4, "forward by veth"),
    half.load(r1, r2, 4),
    half.load(r4, r8, at.address + 4),
    jumpNotEqual.reg(r1, r4, "forward by veth"),
    ...countSent(processors),
    mov.reg(r1, r6),
    mov.imm(r2, PACKET_HOST),
    callHelper(helper.skbChangeType),
    word.storeImm(r6, skb.mark, 0),
    word.storeImm(r6, skb.priority, 0),
    word.load(r1, r8, at.ifindex),
    mov.imm(r2, 0),
    callHelper(helper.redirectPeer),
    mov.reg(r9, r0),
    jump("forward done"),
    label("forward by veth"),
    word.load(r1, r8, at.ifindex),
    mov.imm(r2, 0),
    callHelper(helper.redirect),
    mov.reg(r9, r0),
    jump("forward done"),
  ],
};

function countSent(processors: number): ProgramItem[] {
  return [
    half.load(r1, r8, at.slot),
    ...findSentRow(processors, "forward by veth"),
    ...addTo(r1, sentRow.packets, "one"),
    word.load(r3, r6, skb.length),
    ...addTo(r1, sentRow.bytes, r3),
  ];
}
