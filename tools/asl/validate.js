// Validates the state machines of templates, and definitions in files of their own, against the Amazon States Language. cfn-lint reads a definition only
// if it has no references, and notices few mistakes in it.
//
//	ASL_DIR=FOLDER node validate.js TEMPLATE-OR-DEFINITION…     where npm has installed what package.json names in FOLDER
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const validate = createRequire(resolve(process.env.ASL_DIR ?? ".", "package.json"))("asl-validator");

// resolved is a value of a template, with its references as placeholders that look like what they become.
function resolved(value) {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [name, of] = entries.length === 1 ? entries[0] : ["", null];
  switch (name) {
    case "Fn::Join":
      return resolved(of[1]).join(of[0]);
    case "Fn::Sub":
      return (Array.isArray(of) ? of[0] : of).replace(/\$\{[^}]*\}/g, "placeholder");
    case "Fn::GetAtt":
      return of[1] === "Arn" ? "arn:aws:lambda:us-east-1:111111111111:function:placeholder" : "placeholder";
    case "Ref":
      return { "AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111111111111" }[of] ?? "placeholder";
  }
  if (name.startsWith("Fn::")) throw new Error(`found ${name} in a definition, expected Fn::Join, Fn::Sub, Fn::GetAtt or Ref`);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner)]));
}

// definitions are those of the state machines of a file, each with a name.
function definitions(file) {
  const document = JSON.parse(readFileSync(file, "utf8"));
  if (document.StartAt) return [[file, document]];
  return Object.entries(document.Resources ?? {})
    .filter(([, resource]) => resource.Type === "AWS::StepFunctions::StateMachine")
    .map(([id, resource]) => {
      const { DefinitionString: string, Definition: object } = resource.Properties;
      if (!string && !object) throw new Error(`${file}: ${id}: found no definition in the template`);
      return [`${file}: ${id}`, string ? JSON.parse(resolved(string)) : resolved(object)];
    });
}

let found = 0;
for (const file of process.argv.slice(2)) {
  for (const [name, definition] of definitions(file)) {
    found++;
    const result = validate(definition);
    if (!result.isValid) {
      console.error(`${name}:\n${result.errorsText()}`);
      process.exitCode = 1;
    }
  }
}
if (found === 0) {
  console.error("found no state machine in these files, expected one");
  process.exitCode = 1;
}
console.log(`== ${found} state machine${found === 1 ? "" : "s"} against the Amazon States Language`);
