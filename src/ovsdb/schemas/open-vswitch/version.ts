/** The version of the Open_vSwitch schema, for programs that tell it without having the schema. */
export const openVSwitchVersion: "8.8.0" = "8.8.0";
