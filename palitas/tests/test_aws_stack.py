"""The stack made by moto, which plays Amazon, and read back through each service's own API.

moto answers CREATE_COMPLETE for types that it never makes, and loses some of what it makes. ``LINTED_ONLY`` names the
first; what is lost is asserted on the template itself (test_aws_template.py).
"""

import base64
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.rds.models import DBParameterGroup

from palitas.tests.aws import PARAMETER_SETS, parameters, template, user_data

REGION = "us-east-1"
IMAGE = "/aws/service/debian/release/12/latest/arm64"

# Types of the template that moto does not know: checked by cfn-lint and by test_aws_template.py only.
LINTED_ONLY = {
    "AWS::AutoScaling::ScalingPolicy",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::InstanceConnectEndpoint",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
    # moto says that it made them, and its route tables know nothing of it.
    "AWS::EC2::SubnetRouteTableAssociation",
}


SECRETS = {"SiteSecret", "DatabaseSecret", "PictureSecret"}


@dataclass
class Stack:
    name: str
    status: str
    outputs: dict[str, str]
    unknown: set[str]
    ids: dict[str, str]

    @property
    def mine(self) -> list[dict[str, Any]]:
        return [{"Name": "vpc-id", "Values": [self.ids["Vpc"]]}]


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def make(name: str) -> Stack:
    """Create the stack with a set of parameters, and things that are there beforehand."""
    given = parameters(name)
    zone = client("route53").create_hosted_zone(Name=given["DomainName"], CallerReference="1")["HostedZone"]["Id"]
    given["HostedZoneId"] = zone.rpartition("/")[2]
    secret = client("secretsmanager").create_secret(Name="operator", SecretString="{}")
    given["OperatorSecretArn"] = secret["ARN"]
    client("ec2").create_key_pair(KeyName="palitas")
    image = client("ec2").describe_images()["Images"][0]["ImageId"]
    client("ssm").put_parameter(Name="/palitas/image", Value=image, Type="String")
    certificate = client("acm").request_certificate(DomainName=given["DomainName"])["CertificateArn"]
    # Stand-ins for what moto does not make and other things need: image, certificate, address of the cache.
    body = json.dumps(template()).replace(IMAGE, "/palitas/image")
    body = body.replace('{"Ref": "Certificate"}', json.dumps(certificate))
    body = body.replace('{"Fn::GetAtt": ["Cache", "PrimaryEndPoint.Address"]}', '"cache.example"')
    cloudformation = client("cloudformation")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cloudformation.create_stack(
            StackName="palitas",
            TemplateBody=body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (made,) = cloudformation.describe_stacks(StackName="palitas")["Stacks"]
        listed = cloudformation.list_stack_resources(StackName="palitas")["StackResourceSummaries"]
    return Stack(
        name=name,
        status=made["StackStatus"],
        outputs={output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]},
        unknown={str(entry.message).split()[3] for entry in said if "not supported by moto" in str(entry.message)},
        ids={entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "") for entry in listed},
    )


@pytest.fixture(scope="module", params=PARAMETER_SETS)
def stack(request) -> Iterator[Stack]:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        # moto answers a Ref to a parameter group with the object itself.
        patch.setattr(DBParameterGroup, "physical_resource_id", property(lambda group: group.name), raising=False)
        yield make(request.param)


def is_there(resource: dict[str, Any], name: str) -> bool:
    chosen = {"one-machine": set(), "several-machines": {"HasNat", "HasTwoNats", "HasCache", "HasReplica", "HasKey"}}
    return resource.get("Condition") in {None, *chosen[name]}


def expected(name: str) -> Counter:
    """Return how often each type is in the stack with a set of parameters."""
    return Counter(resource["Type"] for resource in template()["Resources"].values() if is_there(resource, name))


def groups(stack: Stack) -> list[dict[str, Any]]:
    found = client("ec2").describe_security_groups(Filters=stack.mine)["SecurityGroups"]
    return [group for group in found if group["GroupName"] != "default"]


def routes(stack: Stack) -> list[dict[str, Any]]:
    tables = client("ec2").describe_route_tables(Filters=stack.mine)["RouteTables"]
    return [route for table in tables for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]


def route_tables(stack: Stack) -> list[dict[str, Any]]:
    tables = client("ec2").describe_route_tables(Filters=stack.mine)["RouteTables"]
    return [table for table in tables if not any(entry["Main"] for entry in table["Associations"])]


def listeners(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("elbv2").describe_listeners(LoadBalancerArn=stack.ids["Balancer"])["Listeners"]
    return found


def listener_rules(stack: Stack) -> list[dict[str, Any]]:
    rules = client("elbv2").describe_rules(ListenerArn=stack.ids["ListenerForSite"])["Rules"]
    return [rule for rule in rules if not rule["IsDefault"]]


def records(stack: Stack) -> list[dict[str, Any]]:
    zone = client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    sets = client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [entry for entry in sets if "AliasTarget" in entry]


def gateways(stack: Stack) -> list[dict[str, Any]]:
    everywhere = client("ec2").describe_internet_gateways()["InternetGateways"]
    return [gateway for gateway in everywhere if gateway["InternetGatewayId"] == stack.ids["Gateway"]]


def all_of(service: str, method: str, key: str) -> Callable[[Stack], int]:
    """Count all that there is, which is of this stack."""
    return lambda _stack: len(getattr(client(service), method)()[key])


# How many of each type the services themselves know of.
COUNTED: dict[str, Callable[[Stack], int]] = {
    "AWS::EC2::VPC": lambda stack: len(client("ec2").describe_vpcs(VpcIds=[stack.ids["Vpc"]])["Vpcs"]),
    "AWS::EC2::Subnet": lambda stack: len(client("ec2").describe_subnets(Filters=stack.mine)["Subnets"]),
    "AWS::EC2::InternetGateway": lambda stack: len(gateways(stack)),
    "AWS::EC2::VPCGatewayAttachment": lambda stack: sum(
        attachment["VpcId"] == stack.ids["Vpc"] for gateway in gateways(stack) for attachment in gateway["Attachments"]
    ),
    "AWS::EC2::RouteTable": lambda stack: len(route_tables(stack)),
    "AWS::EC2::Route": lambda stack: len(routes(stack)),
    "AWS::EC2::EIP": all_of("ec2", "describe_addresses", "Addresses"),
    "AWS::EC2::NatGateway": all_of("ec2", "describe_nat_gateways", "NatGateways"),
    "AWS::EC2::VPCEndpoint": all_of("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    "AWS::EC2::SecurityGroup": lambda stack: len(groups(stack)),
    # The two of the balancer stand in the group itself.
    "AWS::EC2::SecurityGroupIngress": lambda stack: sum(len(group["IpPermissions"]) for group in groups(stack)) - 2,
    "AWS::EC2::LaunchTemplate": all_of("ec2", "describe_launch_templates", "LaunchTemplates"),
    "AWS::AutoScaling::AutoScalingGroup": all_of("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": all_of("elbv2", "describe_load_balancers", "LoadBalancers"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": lambda stack: len(
        client("elbv2").describe_target_groups(LoadBalancerArn=stack.ids["Balancer"])["TargetGroups"]
    ),
    "AWS::ElasticLoadBalancingV2::Listener": lambda stack: len(listeners(stack)),
    "AWS::ElasticLoadBalancingV2::ListenerRule": lambda stack: len(listener_rules(stack)),
    "AWS::RDS::DBInstance": all_of("rds", "describe_db_instances", "DBInstances"),
    "AWS::RDS::DBSubnetGroup": all_of("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    "AWS::RDS::DBParameterGroup": lambda stack: len(
        client("rds").describe_db_parameter_groups(DBParameterGroupName=stack.ids["DatabaseParameters"])[
            "DBParameterGroups"
        ]
    ),
    "AWS::S3::Bucket": all_of("s3", "list_buckets", "Buckets"),
    "AWS::IAM::User": all_of("iam", "list_users", "Users"),
    "AWS::IAM::AccessKey": lambda stack: len(
        client("iam").list_access_keys(UserName=stack.ids["PictureUser"])["AccessKeyMetadata"]
    ),
    "AWS::IAM::Role": lambda _stack: len(
        [role for role in client("iam").list_roles()["Roles"] if "aws-service-role" not in role["Path"]]
    ),
    "AWS::IAM::InstanceProfile": all_of("iam", "list_instance_profiles", "InstanceProfiles"),
    # One group of two names.
    "AWS::Route53::RecordSetGroup": lambda stack: len(records(stack)) // 2,
    "AWS::Logs::LogGroup": all_of("logs", "describe_log_groups", "logGroups"),
    "AWS::SNS::Topic": all_of("sns", "list_topics", "Topics"),
}


def test_stack_is_made_and_says_where_things_are(stack):
    assert stack.status == "CREATE_COMPLETE"
    assert set(stack.outputs) == set(template()["Outputs"]) - {"SiteSecret", "DatabaseSecret"}
    assert stack.outputs["SiteUrl"] == "https://palitaspr.example"
    assert stack.outputs["PictureBucket"] == stack.ids["PictureBucket"]


def test_every_type_is_read_back_or_named_as_linted_only(stack):
    types = {resource["Type"] for resource in template()["Resources"].values()}
    assert types == set(COUNTED) | LINTED_ONLY
    assert set(COUNTED) & LINTED_ONLY == set()
    # moto's own word for it, for those that this set of parameters has.
    assert stack.unknown == (LINTED_ONLY - {"AWS::EC2::SubnetRouteTableAssociation"}) & set(expected(stack.name))


def test_services_know_of_as_many_as_the_template_asks_for(stack):
    wanted = expected(stack.name)
    assert {kind: count(stack) for kind, count in COUNTED.items()} == {kind: wanted[kind] for kind in COUNTED}


def test_subnets_lie_in_two_zones_and_give_no_addresses_by_themselves(stack):
    subnets = client("ec2").describe_subnets(Filters=stack.mine)["Subnets"]
    assert {(entry["CidrBlock"], entry["AvailabilityZone"], entry["MapPublicIpOnLaunch"]) for entry in subnets} == {
        ("10.20.0.0/20", "us-east-1a", False),
        ("10.20.16.0/20", "us-east-1b", False),
        ("10.20.128.0/20", "us-east-1a", False),
        ("10.20.144.0/20", "us-east-1b", False),
    }


def test_private_subnets_have_a_way_out_only_with_nat(stack):
    ways = Counter("NatGatewayId" if "NatGatewayId" in route else "GatewayId" for route in routes(stack))
    assert (
        ways == {"one-machine": {"GatewayId": 1}, "several-machines": {"GatewayId": 1, "NatGatewayId": 2}}[stack.name]
    )
    (endpoint,) = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert (endpoint["VpcEndpointType"], len(endpoint["RouteTableIds"])) == ("Gateway", 3)


def test_groups_are_open_to_each_other_as_drawn(stack):
    names = {stack.ids[name]: name for name in stack.ids if name.endswith("Group")}
    seen = set()
    for group in groups(stack):
        for rule in group["IpPermissions"]:
            sources = [entry["CidrIp"] for entry in rule["IpRanges"]]
            sources += [names[pair["GroupId"]] for pair in rule["UserIdGroupPairs"]]
            seen |= {(source, names[group["GroupId"]], rule["FromPort"], rule["ToPort"]) for source in sources}
    always = {
        ("0.0.0.0/0", "BalancerGroup", 80, 80),
        ("0.0.0.0/0", "BalancerGroup", 443, 443),
        ("BalancerGroup", "MachineGroup", 80, 80),
        ("MachineGroup", "DatabaseGroup", 5432, 5432),
    }
    more = {("ConnectGroup", "MachineGroup", 22, 22), ("MachineGroup", "CacheGroup", 6379, 6379)}
    assert seen == (always if stack.name == "one-machine" else always | more)


def test_databases_are_as_the_parameters_say(stack):
    found = {entry["DBInstanceIdentifier"]: entry for entry in client("rds").describe_db_instances()["DBInstances"]}
    database = found[stack.ids["Database"]]
    facts = ("StorageEncrypted", "PubliclyAccessible", "CopyTagsToSnapshot", "BackupRetentionPeriod", "StorageType")
    assert [database[fact] for fact in facts] == [True, False, True, 14, "gp3"]
    assert (database["MultiAZ"], database["DBInstanceClass"], database["AllocatedStorage"]) == {
        "one-machine": (False, "db.t4g.micro", 20),
        "several-machines": (True, "db.m7g.large", 100),
    }[stack.name]
    (group,) = database["DBParameterGroups"]
    assert group["DBParameterGroupName"] == stack.ids["DatabaseParameters"]
    settings = client("rds").describe_db_parameters(DBParameterGroupName=stack.ids["DatabaseParameters"])["Parameters"]
    assert {"ParameterName": "rds.force_ssl", "ParameterValue": "1"} in settings
    if stack.name == "several-machines":
        replica = found[stack.ids["Replica"]]
        assert replica["ReadReplicaSourceDBInstanceIdentifier"] == stack.ids["Database"]
        assert (replica["StorageEncrypted"], replica["PubliclyAccessible"]) == (True, False)


def test_pictures_are_encrypted(stack):
    answer = client("s3").get_bucket_encryption(Bucket=stack.ids["PictureBucket"])
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_balancer_redirects_serves_and_asks_whether_machines_are_ready(stack):
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert (balancer["Scheme"], balancer["SecurityGroups"]) == ("internet-facing", [stack.ids["BalancerGroup"]])
    by_port = {listener["Port"]: listener for listener in listeners(stack)}
    (redirect,) = by_port[80]["DefaultActions"]
    assert redirect["RedirectConfig"] == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    assert by_port[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    (forward,) = by_port[443]["DefaultActions"]
    assert (forward["Type"], forward["TargetGroupArn"]) == ("forward", stack.ids["Targets"])
    (rule,) = listener_rules(stack)
    assert rule["Conditions"][0]["HostHeaderConfig"] == {"Values": ["www.palitaspr.example"]}
    assert rule["Actions"][0]["RedirectConfig"]["Host"] == "palitaspr.example"
    (targets,) = client("elbv2").describe_target_groups(LoadBalancerArn=stack.ids["Balancer"])["TargetGroups"]
    assert (targets["HealthCheckPath"], targets["Matcher"]) == ("/salud/listo/", {"HttpCode": "200"})


def test_names_lead_to_the_balancer(stack):
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    leads = {(entry["Name"], entry["Type"], entry["AliasTarget"]["DNSName"]) for entry in records(stack)}
    assert leads == {(name, "A", balancer["DNSName"]) for name in ("palitaspr.example", "www.palitaspr.example")}


def test_machines_are_started_where_and_as_they_should(stack):
    template_id = stack.ids["LaunchTemplate"]
    (version,) = client("ec2").describe_launch_template_versions(LaunchTemplateId=template_id)["LaunchTemplateVersions"]
    data = version["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert [device["Ebs"]["Encrypted"] for device in data["BlockDeviceMappings"]] == [True]
    (interface,) = data["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is (stack.name == "one-machine")
    assert interface["Groups"] == [stack.ids["MachineGroup"]]
    (group,) = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    where = "Public" if stack.name == "one-machine" else "Private"
    assert group["VPCZoneIdentifier"].split(",") == [stack.ids[f"{where}SubnetA"], stack.ids[f"{where}SubnetB"]]
    assert (group["MinSize"], group["MaxSize"]) == {"one-machine": (1, 2), "several-machines": (2, 6)}[stack.name]
    assert (group["HealthCheckType"], group["TargetGroupARNs"]) == ("ELB", [stack.ids["Targets"]])
    assert len(group["Instances"]) == group["MinSize"]


def test_places_of_the_script_are_filled_in(stack):
    template_id = stack.ids["LaunchTemplate"]
    (version,) = client("ec2").describe_launch_template_versions(LaunchTemplateId=template_id)["LaunchTemplateVersions"]
    script = base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()
    assert script.count("\n") == user_data().count("\n")
    # moto makes no secrets, and leaves the places of their names.
    assert set(re.findall(r"\$\{(\w+)\}", script)) == SECRETS
    assert f"AWS_STORAGE_BUCKET_NAME='{stack.ids['PictureBucket']}'\n" in script
    assert f"LOG_GROUP='{stack.ids['Logs']}'\n" in script
    assert f"DATABASE_HOST='{stack.outputs['DatabaseHost']}'\n" in script
    cache = {"one-machine": "", "several-machines": "cache.example"}[stack.name]
    assert f"CACHE_HOST='{cache}'\n" in script


def test_role_key_logs_and_alarms_are_there(stack):
    iam = client("iam")
    assert iam.list_role_policies(RoleName=stack.ids["MachineRole"])["PolicyNames"] == ["machine"]
    assert iam.list_attached_role_policies(RoleName=stack.ids["MachineRole"])["AttachedPolicies"] == []
    (profile,) = iam.list_instance_profiles()["InstanceProfiles"]
    assert [role["RoleName"] for role in profile["Roles"]] == [stack.ids["MachineRole"]]
    (logs,) = client("logs").describe_log_groups()["logGroups"]
    assert logs["retentionInDays"] == 30
    (told,) = client("sns").list_subscriptions()["Subscriptions"]
    assert (told["Protocol"], told["Endpoint"], told["TopicArn"]) == (
        "email",
        "operador@palitaspr.example",
        stack.ids["Alarms"],
    )
