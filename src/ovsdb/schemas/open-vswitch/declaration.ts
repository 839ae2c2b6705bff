import type { RowsOf } from "../../declaration.js";
import { autoAttachTable } from "./auto-attach.js";
import { bridgeTable } from "./bridge.js";
import { controllerTable } from "./controller.js";
import { ctTimeoutPolicyTable } from "./ct-timeout-policy.js";
import { ctZoneTable } from "./ct-zone.js";
import { datapathTable } from "./datapath.js";
import { flowSampleCollectorSetTable } from "./flow-sample-collector-set.js";
import { flowTableTable } from "./flow-table.js";
import { interfaceTable } from "./interface.js";
import { ipfixTable } from "./ipfix.js";
import { managerTable } from "./manager.js";
import { mirrorTable } from "./mirror.js";
import { netflowTable } from "./netflow.js";
import { portTable } from "./port.js";
import { qosTable } from "./qos.js";
import { queueTable } from "./queue.js";
import { rootTable } from "./root.js";
import { sflowTable } from "./sflow.js";
import { sslTable } from "./ssl.js";

/** The database that configures ovs-vswitchd. */
export const openVSwitchDeclaration: {
  readonly name: "Open_vSwitch";
  readonly version: "8.8.0";
  readonly tables: {
    readonly Open_vSwitch: typeof rootTable;
    readonly Bridge: typeof bridgeTable;
    readonly Port: typeof portTable;
    readonly Interface: typeof interfaceTable;
    readonly Flow_Table: typeof flowTableTable;
    readonly QoS: typeof qosTable;
    readonly Queue: typeof queueTable;
    readonly Mirror: typeof mirrorTable;
    readonly NetFlow: typeof netflowTable;
    readonly sFlow: typeof sflowTable;
    readonly IPFIX: typeof ipfixTable;
    readonly Flow_Sample_Collector_Set: typeof flowSampleCollectorSetTable;
    readonly Controller: typeof controllerTable;
    readonly Manager: typeof managerTable;
    readonly Datapath: typeof datapathTable;
    readonly CT_Zone: typeof ctZoneTable;
    readonly CT_Timeout_Policy: typeof ctTimeoutPolicyTable;
    readonly SSL: typeof sslTable;
    readonly AutoAttach: typeof autoAttachTable;
  };
} = {
  name: "Open_vSwitch",
  version: "8.8.0",
  tables: {
    Open_vSwitch: rootTable,
    Bridge: bridgeTable,
    Port: portTable,
    Interface: interfaceTable,
    Flow_Table: flowTableTable,
    QoS: qosTable,
    Queue: queueTable,
    Mirror: mirrorTable,
    NetFlow: netflowTable,
    sFlow: sflowTable,
    IPFIX: ipfixTable,
    Flow_Sample_Collector_Set: flowSampleCollectorSetTable,
    Controller: controllerTable,
    Manager: managerTable,
    Datapath: datapathTable,
    CT_Zone: ctZoneTable,
    CT_Timeout_Policy: ctTimeoutPolicyTable,
    SSL: sslTable,
    AutoAttach: autoAttachTable,
  },
};

/** Rows of the Open_vSwitch database by table name. */
export type OpenVSwitchRows = RowsOf<typeof openVSwitchDeclaration>;
