import { declaredSchema, type SchemaDeclaration } from "#ovsdb/declaration.js";
import { formatSchemaFile } from "#ovsdb/schema-file.js";
import { formatSchemaReference } from "#ovsdb/schema-reference.js";
import { hardwareVtepDeclaration } from "#ovsdb/schemas/hardware-vtep.js";
import { localConfigDeclaration } from "#ovsdb/schemas/local-config.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { openVSwitchDocs } from "#ovsdb/schemas/open-vswitch/docs/all-tables.js";
import { parityPage } from "./parity/page.js";

/** A file whose contents follow from the code. */
export interface GeneratedFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly text: () => string;
}

function schemaFile(name: string, declaration: SchemaDeclaration): GeneratedFile {
  return { path: `share/openvswitch/${name}.ovsschema`, text: () => formatSchemaFile(declaredSchema(declaration)) };
}

/** All generated files. `npm run generate` writes them; a test compares them. */
export const generatedFiles: readonly GeneratedFile[] = [
  schemaFile("vswitch", openVSwitchDeclaration),
  schemaFile("vtep", hardwareVtepDeclaration),
  schemaFile("local-config", localConfigDeclaration),
  {
    path: "docs/reference/schema-open-vswitch.md",
    text: () =>
      formatSchemaReference(declaredSchema(openVSwitchDeclaration), "The Open_vSwitch database", openVSwitchDocs),
  },
  { path: "docs/reference/parity.md", text: parityPage },
];
