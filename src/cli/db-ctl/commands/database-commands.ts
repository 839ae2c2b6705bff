import type { CtlCommand } from "../command.js";
import { add } from "./add.js";
import { clear } from "./clear.js";
import { comment } from "./comment.js";
import { create } from "./create.js";
import { destroy } from "./destroy.js";
import { find } from "./find.js";
import { get } from "./get.js";
import { list } from "./list.js";
import { remove } from "./remove.js";
import { set } from "./set.js";
import { waitUntil } from "./wait-until.js";

/** The commands that work on any table, for every tool that has them. */
export const databaseCommands: readonly CtlCommand[] = [
  comment,
  get,
  list,
  find,
  set,
  add,
  remove,
  clear,
  create,
  destroy,
  waitUntil,
];

/** Their part of `--help`. */
export const databaseCommandsHelp = `Database commands:
  list TBL [REC]              list RECord (or all records) in TBL
  find TBL CONDITION...       list records satisfying CONDITION in TBL
  get TBL REC COL[:KEY]       print values of COLumns in RECord in TBL
  set TBL REC COL[:KEY]=VALUE set COLumn values in RECord in TBL
  add TBL REC COL [KEY=]VALUE add (KEY=)VALUE to COLumn in RECord in TBL
  remove TBL REC COL [KEY=]VALUE  remove (KEY=)VALUE from COLumn
  clear TBL REC COL           clear values from COLumn in RECord in TBL
  create TBL COL[:KEY]=VALUE  create and initialize new record
  destroy TBL REC             delete RECord from TBL
  wait-until TBL REC [COL[:KEY]=VALUE]  wait until condition is true
Potentially unsafe database commands require --force option.
`;
