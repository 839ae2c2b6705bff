import type { PipelineScenarios } from "./scenarios.js";

/** Meters: their table, what they drop and mark, their statistics. */
export const meters: PipelineScenarios = {
  "packets per second": `
    m meter=1,pktps,stats,band=type=drop,rate=2
    + in_port=1,actions=meter:1,2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    of13 meter-stats br0
    warp 2000
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    of13 meter-stats br0
    dp
    purge
    flows
    ports
  `,
  bursts: `
    m meter=1,pktps,burst,stats,band=type=drop,rate=1,burst_size=4
    + in_port=1,actions=meter:1,2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    purge
    of13 meter-stats br0
    ports
  `,
  "kilobits per second": `
    m meter=1,kbps,stats,band=type=drop,rate=8
    + in_port=1,actions=meter:1,2
    in p1 $udp 500
    in p1 $udp 500
    in p1 $udp 500
    warp 1000
    in p1 $udp 900
    in p1 $udp 900
    purge
    of13 meter-stats br0
    ports
  `,
  "two bands": `
    m meter=1,pktps,stats,bands=type=drop,rate=1,type=drop,rate=3
    + in_port=1,actions=meter:1,2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    of13 meter-stats br0
    of13 dump-meters br0
  `,
  "modify, delete, refusals": `
    of13 add-meter br0 meter=1,pktps,band=type=drop,rate=5
    of13 add-meter br0 meter=1,pktps,band=type=drop,rate=5
    of13 mod-meter br0 meter=2,pktps,band=type=drop,rate=5
    of13 mod-meter br0 meter=1,kbps,band=type=drop,rate=50
    of13 add-meter br0 meter=0,pktps,band=type=drop,rate=5
    of13 add-meter br0 meter=controller,pktps,band=type=drop,rate=5
    of13 add-meter br0 meter=slowpath,pktps,band=type=drop,rate=5
    of13 add-meter br0 meter=70000,pktps,band=type=drop,rate=5
    of13 add-meter br0 meter=3,pktps
    of13 add-meter br0 meter=4,pktps,band=type=dscp_remark,rate=5,prec_level=1
    of13 dump-meters br0
    of13 dump-meter br0 meter=1
    of13 dump-meter br0 meter=9
    of13 meter-stats br0 meter=1
    of13 del-meter br0 meter=9
    of13 del-meter br0 meter=1
    of13 dump-meters br0
    of13 del-meters br0
    of13 dump-meters br0
  `,
  features: `
    of13 meter-features br0
    of15 meter-features br0
    of10 meter-features br0
  `,
  "meters in traces and megaflows": `
    m meter=5,pktps,band=type=drop,rate=100
    m meter=6,pktps,band=type=drop,rate=100
    + in_port=1,actions=meter:5,2
    + in_port=2,actions=meter:6,resubmit(,1)
    + table=1,actions=meter:5,3
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    in p2 $tcp
    dp
    of13 del-meter br0 meter=6
    flows
  `,
  "a meter of a controller action": `
    mon c 13 br0 65534
    m meter=7,pktps,stats,band=type=drop,rate=1
    + in_port=1,actions=controller(meter_id=7)
    + in_port=2,actions=controller
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p2 $tcp
    of13 meter-stats br0
    dp
  `,
  "the controller's meter": `
    mon c 13 br0 65534
    of13 add-meter br0 meter=controller,pktps,stats,band=type=drop,rate=1
    + in_port=1,actions=controller
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    of13 meter-stats br0 meter=controller
    dp
  `,
  "the slow path's meter": `
    of13 add-meter br0 meter=slowpath,pktps,stats,band=type=drop,rate=1
    + in_port=1,actions=debug_slow,2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    dp
    of13 meter-stats br0
  `,
  "meters of two bridges": `
    bridge br0 1 2
    bridge br1 5 6
    of13 add-meter br0 meter=1,pktps,stats,band=type=drop,rate=1
    of13 add-meter br1 meter=1,pktps,stats,band=type=drop,rate=50
    of13 add-flow br0 in_port=1,actions=meter:1,output:2
    of13 add-flow br1 in_port=5,actions=meter:1,output:6
    in p1 $tcp
    in p1 $tcp
    in p5 $tcp
    in p5 $tcp
    dp
    of13 meter-stats br0
    of13 meter-stats br1
  `,
};
