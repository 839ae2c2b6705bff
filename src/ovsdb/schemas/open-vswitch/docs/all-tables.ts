import type { TableDocs } from "../../../declaration.js";
import type { openVSwitchDeclaration } from "../declaration.js";
import { autoAttachDocs } from "./auto-attach.js";
import { bridgeDocs } from "./bridge.js";
import { controllerDocs } from "./controller.js";
import { ctTimeoutPolicyDocs } from "./ct-timeout-policy.js";
import { ctZoneDocs } from "./ct-zone.js";
import { datapathDocs } from "./datapath.js";
import { flowSampleCollectorSetDocs } from "./flow-sample-collector-set.js";
import { flowTableDocs } from "./flow-table.js";
import { interfaceDocs } from "./interface.js";
import { ipfixDocs } from "./ipfix.js";
import { managerDocs } from "./manager.js";
import { mirrorDocs } from "./mirror.js";
import { netflowDocs } from "./netflow.js";
import { portDocs } from "./port.js";
import { qosDocs } from "./qos.js";
import { queueDocs } from "./queue.js";
import { rootDocs } from "./root.js";
import { sflowDocs } from "./sflow.js";
import { sslDocs } from "./ssl.js";

type Tables = (typeof openVSwitchDeclaration)["tables"];

/** Documentation of the Open_vSwitch database. Apart from the declaration, so that tools do not carry it. */
export const openVSwitchDocs: { readonly [T in keyof Tables]: TableDocs<Tables[T]> } = {
  Open_vSwitch: rootDocs,
  Bridge: bridgeDocs,
  Port: portDocs,
  Interface: interfaceDocs,
  Flow_Table: flowTableDocs,
  QoS: qosDocs,
  Queue: queueDocs,
  Mirror: mirrorDocs,
  NetFlow: netflowDocs,
  sFlow: sflowDocs,
  IPFIX: ipfixDocs,
  Flow_Sample_Collector_Set: flowSampleCollectorSetDocs,
  Controller: controllerDocs,
  Manager: managerDocs,
  Datapath: datapathDocs,
  CT_Zone: ctZoneDocs,
  CT_Timeout_Policy: ctTimeoutPolicyDocs,
  SSL: sslDocs,
  AutoAttach: autoAttachDocs,
};
