"""The CloudFormation template as tests read it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml
from django.conf import settings

FOLDER = Path(settings.BASE_DIR, "deploy", "aws")
PARAMETER_SETS = ("one-machine", "several-machines")


@cache
def template() -> dict[str, Any]:
    """Return the template with its short forms spelt out: ``!GetAtt A.B`` is ``{"Fn::GetAtt": ["A", "B"]}``."""
    return json.loads(json.dumps(cfn_yaml.load(str(FOLDER / "template.yaml"))))


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by their names in the template."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def only(kind: str) -> dict[str, Any]:
    """Return the properties of the one resource of a type."""
    (found,) = resources(kind).values()
    return found


def parameters(name: str) -> dict[str, str]:
    """Return one of the sets of parameters that come with the template."""
    given = json.loads((FOLDER / f"{name}.json").read_text())
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in given}


def user_data() -> str:
    """Return the script in the launch template, its places not filled in."""
    (launch,) = resources("AWS::EC2::LaunchTemplate").values()
    script: str = launch["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"][0]
    return script
