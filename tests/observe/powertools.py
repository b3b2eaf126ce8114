"""Records what Powertools for AWS Lambda (Python) writes for the inputs of tests/observe.rs.

    python3 -m venv env && env/bin/pip install aws-lambda-powertools==3.37.0
    env/bin/python - < tests/observe/powertools.py > tests/observe/powertools.jsonl

The first line is a log line, the second one with an exception; then follow the documents of the metrics.
"""

import os

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
os.environ.update(
    {
        "_X_AMZN_TRACE_ID": TRACE,
        "AWS_LAMBDA_FUNCTION_NAME": "shop",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricResolution, MetricUnit


class Context:
    function_name = "shop"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"


class OutOfStock(Exception):
    pass


metrics = Metrics(namespace="Shop", service="todos")
logger = Logger(service="todos")


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    metrics.add_dimension(name="route", value="/todos/{id}")
    metrics.add_dimension(name="tenant", value="blue \u2028 \"sky\"")
    metrics.add_metric(name="Created", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Created", unit=MetricUnit.Count, value=2)
    metrics.add_metric(name="Saving", unit=MetricUnit.Milliseconds, value=1.5, resolution=MetricResolution.High)
    metrics.add_metadata(key="order", value="o-17")
    logger.info("request", extra={"method": "GET", "route": "/todos/{id}", "path": "/todos/7", "status": 200})
    try:
        raise OutOfStock('no more "tea"\n')
    except OutOfStock:
        logger.exception("request failed")


handler({"requestContext": {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"}}, Context())
