#!/usr/bin/env python3
"""Validates OpenAPI documents: `validate.py FILE...`. It takes the packages `openapi-spec-validator` and `jsonschema`.

1. `openapi-spec-validator` checks the whole document against OpenAPI 3.1.
2. `jsonschema` checks each schema against the meta-schema of JSON Schema 2020-12, and each example and default against its
   schema.
3. Each path parameter is in its path, and each reference leads somewhere.
"""

import json
import re
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
URI = "urn:document"


def schemas(node, place="#"):
    """Yields the place and the value of everything that stands where a schema does, and its siblings."""
    if isinstance(node, dict):
        if "schema" in node:
            yield place + "/schema", node["schema"], node
        for name, member in node.items():
            if name not in ("example", "examples", "default", "enum", "const"):
                yield from schemas(member, f"{place}/{name}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from schemas(item, f"{place}/{index}")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for member in node.values():
            yield from references(member)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def absolute(node):
    """Returns a schema whose references lead into the document from anywhere."""
    if isinstance(node, dict):
        return {k: URI + v if k == "$ref" and isinstance(v, str) else absolute(v) for k, v in node.items()}
    return [absolute(item) for item in node] if isinstance(node, list) else node


def find(document, reference):
    for part in reference.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def check(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in OpenAPIV31SpecValidator(document).iter_errors()]
    registry = Registry().with_resource(URI, Resource(contents=document, specification=DRAFT202012))
    named = [(f"#/components/schemas/{name}", schema, {}) for name, schema in document.get("components", {}).get("schemas", {}).items()]
    count = examples = 0
    for place, schema, siblings in [*named, *schemas(document.get("paths", {}), "#/paths")]:
        count += 1
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(absolute(schema), registry=registry)
        values = [example["value"] for example in siblings.get("examples", {}).values()]
        if isinstance(schema, dict) and "default" in schema:
            values.append(schema["default"])
        for value in values:
            examples += 1
            faults += [f"{place}: {value!r}: {error.message}" for error in validator.iter_errors(value)]
    for reference in references(document):
        try:
            find(document, reference)
        except KeyError:
            faults.append(f"{reference} leads nowhere")
    operations = 0
    for template, item in document["paths"].items():
        names = set(re.findall(r"\{([^}]*)\}", template))
        for method in METHODS & item.keys():
            operations += 1
            own = {p["name"] for p in item[method].get("parameters", []) if p["in"] == "path"}
            if own != names:
                faults.append(f"{method} {template}: its path parameters are {sorted(own)}")
    for fault in faults:
        print(f"{path}: {fault}")
    print(f"{path}: {operations} operations, {count} schemas, {examples} examples and defaults, {len(faults)} faults")
    return not faults and operations > 0


if __name__ == "__main__":
    sys.exit(0 if len(sys.argv) > 1 and all([check(path) for path in sys.argv[1:]]) else 1)
