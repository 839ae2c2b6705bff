import type { PipelineScenarios } from "./scenarios.js";

const chain = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `    + table=${from + i},actions=goto_table:${from + i + 1}`).join("\n");

/** Tables in turn: resubmit, goto_table, their limits, and what a miss does. */
export const resubmit: PipelineScenarios = {
  "resubmit by port, by table, by both": `
    + in_port=1,actions=resubmit:2
    + in_port=2,actions=3
    + in_port=3,actions=resubmit(,5),resubmit(4,5)
    + table=5,in_port=3,actions=2
    + table=5,in_port=4,actions=1,3,4
    trace in_port=1,$tcp
    trace in_port=3,$tcp
  `,
  "resubmit keeps changed fields": `
    + in_port=1,ip,actions=mod_nw_dst:1.1.1.1,resubmit(,1),3
    + table=1,ip,nw_dst=1.1.1.1,actions=mod_nw_dst:2.2.2.2,2
    trace in_port=1,$tcp
  `,
  "resubmit to a table where nothing matches": `
    + in_port=1,actions=resubmit(,1),2
    + table=1,in_port=9,actions=3
    trace in_port=1,$tcp
  `,
  "resubmit into itself": `
    + in_port=1,actions=2,resubmit(,0)
    trace in_port=1,$tcp
  `,
  "resubmit twice at each level": `
    + table=0,actions=resubmit(,1),resubmit(,1)
    + table=1,actions=resubmit(,2),resubmit(,2)
    + table=2,actions=resubmit(,3),resubmit(,3)
    + table=3,actions=2
    trace in_port=1,$tcp
  `,
  "4096 resubmits and no more": `
    + table=0,actions=resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)
    + table=1,actions=resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2)
    + table=2,actions=resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3)
    + table=3,actions=resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4)
    + table=4,actions=set_field:5->reg0
    in p1 $tcp
    dp
    purge
    flows
  `,
  "64 levels of goto_table": `
${chain(0, 63)}
    + table=63,actions=2
    trace in_port=1,$tcp
  `,
  "65 levels of resubmit": `
    + in_port=1,actions=resubmit(,1),3
    + table=1,reg0=0x0/0x100,actions=set_field:1->reg1,resubmit(,2)
    + table=2,actions=resubmit(,1)
    in p1 $tcp
    dp
    purge
    flows
  `,
  "goto_table with metadata": `
    + in_port=1,actions=write_metadata:0x10/0xf0,goto_table:1
    + table=1,metadata=0x10/0xf0,actions=write_metadata:0xff,goto_table:200
    + table=200,metadata=0xff,actions=output:2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,metadata=0xabc
  `,
  "a miss after goto_table": `
    + in_port=1,actions=output:2,goto_table:1
    trace in_port=1,$tcp
    in p1 $tcp
    dp
  `,
  "a chain that changes and comes back": `
    + table=0,in_port=1,tcp,actions=push:NXM_OF_ETH_SRC[],mod_dl_src:00:00:00:00:00:77,resubmit(,1),pop:NXM_OF_ETH_SRC[],3
    + table=1,actions=2,resubmit(,2)
    + table=2,tcp,tp_dst=80,actions=mod_tp_dst:8080,4
    trace in_port=1,$tcp
    in p1 $tcp
    sent p2
    sent p3
    sent p4
  `,
  "resubmit ct asks for the original tuple": `
    + in_port=1,tcp,ct_state=+trk+est,actions=resubmit(,1,ct)
    + priority=1,actions=3
    + table=1,tcp,nw_src=10.0.0.1,actions=2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,ct_state=trk|est,ct_nw_src=10.0.0.9,ct_nw_dst=10.0.0.2,ct_nw_proto=6
    of add-flow br0 actions=resubmit(1,2,ct)
  `,
  "output too large: 4K actions": `
    + table=0,actions=resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)
    + table=1,actions=resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2)
    + table=2,actions=2,3,4,2,3,4,2,3,4,2,3,4,2,3,4
    in p1 $tcp
    purge
    ports
  `,
  "table 255 and hidden ones": `
    + in_port=1,actions=resubmit(,254),2
    trace in_port=1,$tcp
    of13 add-flow br0 in_port=1,actions=goto_table:254
  `,
  "registers carry over tables, not to the next packet": `
    + table=0,actions=set_field:0x5->reg3,set_field:0x7->xxreg3,goto_table:1
    + table=1,reg3=5,actions=set_field:0x9->reg3,resubmit(,2),2
    + table=2,reg3=9,reg15=7,actions=3
    trace in_port=1,$tcp
    in p1 $tcp
    in p1 $tcp
    dpm
  `,
};
