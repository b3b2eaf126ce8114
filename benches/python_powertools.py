"""Times Powertools for AWS Lambda, of Python, on the events of the benchmarks, for benches/measure.sh.

`python3 benches/python_powertools.py CASES` reads the output of `drive cases` of benches/peers, and prints the name and the
nanoseconds (the best of many) for each case; `--test CASES` handles each event once instead, and `--version` prints the
measured version. An event is handled as in a function: the JSON of the event is read, resolved, and the response is written
as JSON. The time does not include the work of Python itself and of its runtime client for an invocation.
"""

import json
import platform
import re
import sys
import time
from collections import defaultdict
from pathlib import Path

import aws_lambda_powertools
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    LambdaFunctionUrlResolver,
    VPCLatticeResolver,
    VPCLatticeV2Resolver,
)

#: The time for which each case is repeated, in seconds.
SECONDS = 0.5
#: The response if the rule has no parameter.
NO_ID = "43"


class Context:
    """The members of an invocation's context that the resolvers read."""

    function_name = "todos"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:todos"
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


def app(resolver, routes):
    """The routes of benches/app.rs, each of which answers with its first parameter."""
    own = resolver()
    for method, rule in routes:
        if rule.endswith("...}"):
            prefix = rule[: rule.index("{")]
            # A parameter takes one segment; a rule for more segments is a regex, which passes no parameter on.
            own.route(f"{prefix}.+", method)(lambda prefix=prefix: {"id": own.current_event.path.removeprefix(prefix)})
        else:
            own.route(re.sub(r"{(\w+)}", r"<\1>", rule), method)(lambda **values: {"id": next(iter(values.values()), NO_ID)})
    return own


def resolver_of(event):
    """The resolver for an application of the event's sender."""
    context = event.get("requestContext", {})
    if "elb" in context:
        return ALBResolver
    if "http" in context:
        return LambdaFunctionUrlResolver if ".lambda-url." in context["domainName"] else APIGatewayHttpResolver
    if "raw_path" in event:
        return VPCLatticeResolver
    return VPCLatticeV2Resolver if "serviceNetworkArn" in context else APIGatewayRestResolver


def handle(own, payload):
    return json.dumps(own.resolve(json.loads(payload), Context)).encode()


def main():
    *flags, path = sys.argv[1:]
    if path == "--version":
        print(f"Powertools for AWS Lambda {aws_lambda_powertools.__version__}, Python {platform.python_version()}")
        return
    cases, apps = defaultdict(list), {}
    lines = Path(path).read_text().splitlines()
    routes = json.loads(lines[0])
    for case, wanted, payload in map(json.loads, lines[1:]):
        resolver = resolver_of(json.loads(payload))
        if resolver not in apps:
            apps[resolver] = app(resolver, routes)
        own = apps[resolver]
        response = json.loads(handle(own, payload))
        answer = json.loads(response["body"])
        assert (response["statusCode"], answer) == (200, {"id": wanted}), (case, response)
        cases[case].append((own, payload.encode()))
    if "--test" in flags:
        print(f"{len(lines) - 1} events of {len(cases)} cases answered")
        return
    for case, events in cases.items():
        best, end = float("inf"), time.monotonic() + SECONDS
        while time.monotonic() < end:
            start = time.perf_counter_ns()
            for own, payload in events:
                handle(own, payload)
            best = min(best, time.perf_counter_ns() - start)
        print(case, best / len(events), sep="\t")


main()
