"""Checks the examples on MiniStack, which plays the gateways, CloudFormation and Lambda:
`on_ministack.py FOLDER [GATEWAY...]`.

FOLDER holds the built examples. They are deployed as zips, with the templates of examples/deploy: each gateway is that of
its template. Needs ministack, aws-sam-translator and boto3 from PyPI.
"""

import io
import json
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import yaml

import check
import table
from process import Process, free_port

ROOT = Path(__file__).resolve().parents[2]
GATEWAYS = ["rest", "http", "url", "alb", "alb_multi"]
BUCKET = "functions"


class Stacks:
    """A running MiniStack."""

    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        return boto3.client(service, endpoint_url=self.url, **keys)

    def upload(self, name: str, program: Path) -> None:
        """Uploads the program to a place that a template can name, as `sam deploy` does."""
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(entry, program.read_bytes())
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=data.getvalue())

    def deploy(self, gateway: str, name: str, variables: dict[str, str]) -> str:
        """Deploys a function with the template of the gateway; returns its URL."""
        template = yaml.load((ROOT / f"examples/deploy/{gateway.removesuffix('_multi')}.yaml").read_text(), Loader=Tags)
        adapt(template, gateway, name, variables)
        formation, stack = self.client("cloudformation"), f"{name}-{gateway.replace('_', '-')}"
        formation.create_stack(
            StackName=stack,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters(gateway).items()
            ],
        )
        formation.get_waiter("stack_create_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        resources = formation.describe_stack_resources(StackName=stack)["StackResources"]
        ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        self.complete(gateway, ids)
        return self.address(gateway, ids)

    def parameters(self, gateway: str) -> dict[str, str]:
        match gateway:
            case "url":
                return {"AuthType": "NONE"}
            case "alb" | "alb_multi":
                subnets = self.client("ec2").describe_subnets()["Subnets"][:2]
                return {
                    "VpcId": subnets[0]["VpcId"],
                    "SubnetIds": ",".join(subnet["SubnetId"] for subnet in subnets),
                    "CertificateArn": self.client("acm").request_certificate(DomainName="todos.example.com")[
                        "CertificateArn"
                    ],
                }
            case _:
                return {}

    def complete(self, gateway: str, ids: dict[str, str]) -> None:
        """Sets up the parts of the template that MiniStack's CloudFormation skips."""
        match gateway:
            case "rest":
                self.complete_rest(ids["Api"], self.arn(ids))
            case "http":
                # The routes in the OpenAPI document that SAM generates from the events.
                api, client = ids["Api"], self.client("apigatewayv2")
                integration = client.create_integration(
                    ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=self.arn(ids), PayloadFormatVersion="2.0"
                )
                client.create_route(
                    ApiId=api, RouteKey="$default", Target=f"integrations/{integration['IntegrationId']}"
                )
            case "alb" | "alb_multi":
                # The targets of a target group.
                self.client("elbv2").register_targets(
                    TargetGroupArn=ids["TargetGroup"], Targets=[{"Id": self.arn(ids)}]
                )

    def complete_rest(self, api: str, arn: str) -> None:
        """Adds the method ANY, which an import of an OpenAPI document leaves out."""
        client = self.client("apigateway")
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
        for resource in client.get_resources(restApiId=api)["items"]:
            method = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "ANY"}
            client.put_method(**method, authorizationType="NONE")
            client.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.create_deployment(restApiId=api, stageName="prod")

    def arn(self, ids: dict[str, str]) -> str:
        return self.client("lambda").get_function(FunctionName=ids["Function"])["Configuration"]["FunctionArn"]

    def address(self, gateway: str, ids: dict[str, str]) -> str:
        """Returns the address of the gateway on the emulator; on AWS it has its own host."""
        match gateway:
            case "rest":
                return f"{self.url}/restapis/{ids['Api']}/prod/_user_request_"
            case "http":
                return f"{self.url}/_aws/execute-api/{ids['Api']}/$default"
            case "url":
                config = self.client("lambda").get_function_url_config(FunctionName=ids["Function"])
                return f"{self.url}/_aws/lambda-url/{config['FunctionUrl'].split('//')[1].split('.')[0]}"
            case _:
                return f"{self.url}/_alb/{ids['LoadBalancer'].split('/')[-2]}"


class Tags(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions, as in `!Ref Api`."""

    def function(self, tag: str, node: yaml.Node) -> dict[str, Any]:
        match node:
            case yaml.SequenceNode():
                value = self.construct_sequence(node, deep=True)
            case yaml.ScalarNode() if tag == "GetAtt":
                value = self.construct_scalar(node).split(".", 1)
            case _:
                value = self.construct_scalar(node)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Tags.add_multi_constructor("!", Tags.function)


def adapt(template: dict, gateway: str, name: str, variables: dict[str, str]) -> None:
    """Changes the template so that it deploys this function to this emulator."""
    function = template["Resources"]["Function"]["Properties"]
    function["CodeUri"] = f"s3://{BUCKET}/{name}.zip"
    function["Environment"] = {"Variables": variables}
    if gateway == "rest":
        # MiniStack reads SAM's spelling of */* literally.
        template["Resources"]["Api"]["Properties"]["BinaryMediaTypes"] = ["*/*"]
    if gateway == "url" and name == "streaming":
        function["FunctionUrlConfig"]["InvokeMode"] = "RESPONSE_STREAM"
    if gateway == "alb":
        # The state of a deployment without the setting.
        template["Resources"]["TargetGroup"]["Properties"].pop("TargetGroupAttributes")


def main(folder: Path, gateways: list[str]) -> bool:
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        # Its own folder for temporary files, so that they are removed with it.
        environment = {"GATEWAY_PORT": str(port), "TMPDIR": str(temporary), "LOG_LEVEL": "ERROR"}
        process = stack.enter_context(Process(["ministack"], temporary / "log", environment))
        try:
            process.wait_for_port(port)
            stacks = Stacks(port)
            stacks.client("s3").create_bucket(Bucket=BUCKET)
            for name in table.FUNCTIONS:
                stacks.upload(name, folder / name)
            passed = True
            for gateway in gateways:
                urls = {name: stacks.deploy(gateway, name, variables) for name, variables in table.FUNCTIONS.items()}
                passed &= check.run(f"ministack {gateway}", urls, table.CHECKS)
        except Exception:
            print(process.tail())
            raise
        if not passed:
            print(process.tail())
        return passed


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1]), sys.argv[2:] or GATEWAYS) else 1)
