#!/usr/bin/env bash
# Validates the OpenAPI documents of the tests and of the booking example by two independent programs, in an environment of Python of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${CARGO_TARGET_DIR:-target}/openapi-validators
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check 'openapi-spec-validator==0.9.0' 'jsonschema==4.26.0'
(($# > 0)) || set -- tests/openapi/openapi.json examples/typed.openapi.json
"$environment/bin/python" tests/openapi/validate.py "$@"

# The validators find faults.
damaged=$(mktemp)
trap 'rm -f "$damaged"' EXIT
for damage in 's|schemas/Booking"|schemas/Nothing"|' 's|"in": "path"|"in": "elsewhere"|' 's|"nights": 2|"nights": 200|' 's|"type": "integer"|"type": "int"|'; do
    sed "$damage" tests/openapi/openapi.json >"$damaged"
    if "$environment/bin/python" tests/openapi/validate.py "$damaged" >/dev/null 2>&1; then
        echo "the validators do not find $damage" >&2
        exit 1
    fi
done
