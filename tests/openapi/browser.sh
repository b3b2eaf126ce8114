#!/usr/bin/env bash
# Opens the embedded page of the booking example in Chromium, headless, and tries an operation: `browser.sh PROGRAM [PICTURE]`
# with the built example, and the file for a screenshot. It takes the Debian packages chromium and chromium-driver.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${CARGO_TARGET_DIR:-target}/openapi-browser
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check 'selenium==4.51.0'
timeout 300 "$environment/bin/python" tests/openapi/browser.py "$@"
