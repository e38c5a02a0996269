"""What must be true of the template itself. moto drops much of it without a word."""

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from django.utils import timezone

from notices.delivery import BACKOFF, mark_failed
from notices.models import OutboxMail
from palitas.tests.aws import FOLDER, PARAMETER_SETS, only, parameters, resources, template

ALL_ADDRESSES = ("0.0.0.0/0", "::/0")
GROUP = "AWS::EC2::SecurityGroup"


def test_linter_finds_nothing():
    assert [str(match) for match in lint_file(Path(FOLDER, "template.yaml"))] == []


def test_linter_would_find_a_mistake(tmp_path):
    spoilt = tmp_path / "template.yaml"
    spoilt.write_text(
        (FOLDER / "template.yaml").read_text().replace("StorageEncrypted: true", "StorageEncripted: true")
    )
    assert [match.rule.id for match in lint_file(spoilt)] == ["E3002"]


def test_template_is_small_enough_to_be_sent_without_a_bucket():
    assert len((FOLDER / "template.yaml").read_bytes()) < 51_200


@pytest.mark.parametrize("name", PARAMETER_SETS)
def test_parameter_sets_fit_the_template(name):
    given, known = parameters(name), template()["Parameters"]
    required = {key for key, parameter in known.items() if "Default" not in parameter}
    assert (required - set(given), set(given) - set(known)) == (set(), set())
    for key, value in given.items():
        assert value in known[key].get("AllowedValues", [value]), key
        assert re.fullmatch(known[key].get("AllowedPattern", ".*"), value), key
    # Else the new machines of a release could not start before the former ones go.
    assert int(given["MachinesMax"]) > int(given["MachinesMin"])


# Who may speak to whom ------------------------------------------------------------------------------------------------


def rules(direction: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, group in resources(GROUP).items():
        for rule in group.get(f"SecurityGroup{direction}", []):
            yield name, rule
    for rule in resources(f"AWS::EC2::SecurityGroup{direction}").values():
        yield rule["GroupId"]["Ref"], rule


def open_rules(direction: str) -> set[tuple[str, Any]]:
    found = set()
    for group, rule in rules(direction):
        assert rule["IpProtocol"] == "tcp"
        assert rule["FromPort"] == rule["ToPort"]
        assert not {"CidrIpv6", "SourcePrefixListId", "DestinationPrefixListId"} & set(rule)
        if rule.get("CidrIp") in ALL_ADDRESSES:
            found.add((group, json.dumps(rule["FromPort"])))
    return found


def test_the_world_reaches_the_balancer_and_nothing_else():
    assert open_rules("Ingress") == {("BalancerGroup", "80"), ("BalancerGroup", "443")}
    assert {rule.get("CidrIp") for _group, rule in rules("Ingress")} == {None, "0.0.0.0/0"}


def test_only_machines_reach_the_world_at_three_ports():
    assert open_rules("Egress") == {
        ("MachineGroup", "80"),
        ("MachineGroup", "443"),
        ("MachineGroup", '{"Ref": "MailPort"}'),
    }


def test_each_group_takes_what_is_listed_here_from_whom():
    inside = {
        (group, rule["FromPort"], rule["SourceSecurityGroupId"]["Ref"])
        for group, rule in rules("Ingress")
        if "CidrIp" not in rule
    }
    assert inside == {
        ("MachineGroup", 80, "BalancerGroup"),
        ("MachineGroup", 22, "ConnectGroup"),
        ("DatabaseGroup", 5432, "MachineGroup"),
        ("CacheGroup", 6379, "MachineGroup"),
    }


def test_no_group_lets_everything_out_for_lack_of_a_rule():
    assert [name for name, group in resources(GROUP).items() if not group.get("SecurityGroupEgress")] == []


def test_everything_is_in_groups_of_its_own():
    assert only("AWS::ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"] == [{"Ref": "BalancerGroup"}]
    assert only("AWS::ElastiCache::ReplicationGroup")["SecurityGroupIds"] == [{"Ref": "CacheGroup"}]
    (interface,) = launch_data()["NetworkInterfaces"]
    assert interface["Groups"] == [{"Ref": "MachineGroup"}]
    for database in resources("AWS::RDS::DBInstance").values():
        assert database["VPCSecurityGroups"] == [{"Ref": "DatabaseGroup"}]


# Who may do what ------------------------------------------------------------------------------------------------------


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    def walk(name: str, node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(node, dict):
            if "Effect" in node:
                yield name, node
            for child in node.values():
                yield from walk(name, child)
        elif isinstance(node, list):
            for child in node:
                yield from walk(name, child)

    for name, resource in template()["Resources"].items():
        yield from walk(name, resource)


def allowed(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for owner, statement in statements():
        if owner == name and "Resource" in statement:
            for action in as_list(statement["Action"]):
                found.setdefault(action, set()).update(json.dumps(place) for place in as_list(statement["Resource"]))
    return found


def test_nothing_is_allowed_with_a_wildcard_for_action_or_resource():
    granted = [statement for _name, statement in statements() if statement["Effect"] == "Allow"]
    assert len(granted) == 10
    for statement in granted:
        assert not any("*" in action for action in as_list(statement["Action"])), statement
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        for place in as_list(statement.get("Resource", [])):
            # A star at the end of what is ours is a folder, not the world.
            written = json.dumps(place)
            assert place != "*", statement
            assert "*" not in re.sub(r"(:|/)\*\"\}$", "", written), statement


def test_allowing_everybody_is_for_the_endpoint_alone():
    everybody = {
        name
        for name, statement in statements()
        if statement["Effect"] == "Allow" and "*" in str(statement.get("Principal", ""))
    }
    assert everybody == {"S3Endpoint"}


def test_the_endpoint_lets_a_backup_through_where_there_is_one():
    condition, backup, nothing = only("AWS::EC2::VPCEndpoint")["PolicyDocument"]["Statement"][1]["Fn::If"]
    assert (condition, nothing) == ("HasBackup", {"Ref": "AWS::NoValue"})
    assert template()["Conditions"]["HasBackup"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "BackupBucket"}, ""]}]}
    bucket = "arn:${AWS::Partition}:s3:::${BackupBucket}"
    assert backup["Resource"] == [{"Fn::Sub": bucket}, {"Fn::Sub": f"{bucket}/*"}]
    assert backup["Action"] == ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]


def test_a_machine_may_do_just_this():
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Logs}:*"
    assert allowed("MachineRole") == {
        "s3:GetObject": {'{"Fn::Sub": "arn:${AWS::Partition}:s3:::${ArtifactBucket}/releases/*"}'},
        "secretsmanager:GetSecretValue": {
            '{"Ref": "SiteSecret"}',
            '{"Ref": "DatabaseSecret"}',
            '{"Ref": "PictureSecret"}',
            '{"Ref": "OperatorSecretArn"}',
            '{"Fn::If": ["HasCache", {"Ref": "CacheSecret"}, {"Ref": "AWS::NoValue"}]}',
        },
        "logs:CreateLogStream": {json.dumps({"Fn::Sub": logs})},
        "logs:DescribeLogStreams": {json.dumps({"Fn::Sub": logs})},
        "logs:PutLogEvents": {json.dumps({"Fn::Sub": logs})},
        "cloudformation:SignalResource": {'{"Ref": "AWS::StackId"}'},
    }


def test_the_key_of_pictures_opens_their_folders_only():
    folders = {json.dumps({"Fn::Sub": f"${{PictureBucket.Arn}}/{folder}/*"}) for folder in ("public", "private", "u")}
    assert allowed("PictureUser") == {
        "s3:GetObject": folders,
        "s3:PutObject": folders,
        "s3:DeleteObject": folders,
        "s3:ListBucket": {'{"Fn::GetAtt": ["PictureBucket", "Arn"]}'},
    }


# What is kept ---------------------------------------------------------------------------------------------------------


def test_bucket_is_closed_versioned_encrypted_and_tidied():
    assert only("AWS::S3::Bucket") == {
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "unfinished uploads",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
                },
                {
                    "Id": "former versions",
                    "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "ExpiredObjectDeleteMarker": True,
                },
            ]
        },
    }


def test_bucket_refuses_connections_without_or_with_old_encryption():
    policy = only("AWS::S3::BucketPolicy")
    both = [{"Fn::GetAtt": ["PictureBucket", "Arn"]}, {"Fn::Sub": "${PictureBucket.Arn}/*"}]
    assert policy["Bucket"] == {"Ref": "PictureBucket"}
    assert [
        (
            statement["Effect"],
            statement["Principal"],
            statement["Action"],
            statement["Resource"],
            statement["Condition"],
        )
        for statement in policy["PolicyDocument"]["Statement"]
    ] == [
        ("Deny", "*", "s3:*", both, {"Bool": {"aws:SecureTransport": "false"}}),
        ("Deny", "*", "s3:*", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]


def test_databases_are_private_encrypted_and_speak_tls():
    databases = resources("AWS::RDS::DBInstance")
    assert [database["PubliclyAccessible"] for database in databases.values()] == [False, False]
    assert [database["DBParameterGroupName"] for database in databases.values()] == [{"Ref": "DatabaseParameters"}] * 2
    # A replica has the encryption of its source.
    assert databases["Replica"]["SourceDBInstanceIdentifier"] == {"Ref": "Database"}
    assert databases["Database"]["StorageEncrypted"] is True
    assert databases["Database"]["DeletionProtection"] == {"Ref": "DeletionProtection"}
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert template()["Parameters"]["DatabaseBackupDays"]["Default"] == 14
    assert only("AWS::RDS::DBSubnetGroup")["SubnetIds"] == [{"Ref": "PrivateSubnetA"}, {"Ref": "PrivateSubnetB"}]
    assert only("AWS::RDS::DBParameterGroup")["Parameters"]["rds.force_ssl"] == "1"


def test_no_password_stands_in_the_template():
    place = "{{{{resolve:secretsmanager:${{{}}}:SecretString:password}}}}"
    assert resources("AWS::RDS::DBInstance")["Database"]["MasterUserPassword"] == {
        "Fn::Sub": place.format("DatabaseSecret")
    }
    assert only("AWS::ElastiCache::ReplicationGroup")["AuthToken"] == {"Fn::Sub": place.format("CacheSecret")}
    secrets = resources("AWS::SecretsManager::Secret")
    assert {name for name, secret in secrets.items() if "GenerateSecretString" not in secret} == {"PictureSecret"}
    assert "SecretAccessKey" not in json.dumps(template()["Outputs"])


def test_cache_is_encrypted_at_rest_and_on_its_way():
    cache = only("AWS::ElastiCache::ReplicationGroup")
    assert (cache["AtRestEncryptionEnabled"], cache["TransitEncryptionEnabled"]) == (True, True)


def test_what_cannot_be_made_again_outlives_the_stack():
    kept = {
        name: resource["DeletionPolicy"]
        for name, resource in template()["Resources"].items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert kept == {
        "PictureBucket": "Retain",
        "Database": "Snapshot",
        "SiteSecret": "Retain",
        "DatabaseSecret": "Retain",
    }


# Machines and the way to them -----------------------------------------------------------------------------------------


def launch_data() -> dict[str, Any]:
    data: dict[str, Any] = only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    return data


def test_machines_have_encrypted_disks_and_ask_for_a_token():
    assert launch_data()["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }
    assert [device["Ebs"]["Encrypted"] for device in launch_data()["BlockDeviceMappings"]] == [True]


def test_http_leads_to_https_which_speaks_modern_tls():
    listeners = {listener["Port"]: listener for listener in resources("AWS::ElasticLoadBalancingV2::Listener").values()}
    assert sorted(listeners) == [80, 443]
    assert listeners[80]["DefaultActions"] == [
        {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    ]
    assert (listeners[443]["Protocol"], listeners[443]["SslPolicy"]) == (
        "HTTPS",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
    )


def test_every_alarm_tells_somebody_and_says_what_is_wrong():
    alarms = resources("AWS::CloudWatch::Alarm")
    assert sorted(alarms) == [
        "DatabaseCpuAlarm",
        "DatabaseStorageAlarm",
        "DeadMailAlarm",
        "NoAnswerAlarm",
        "NoMachineAlarm",
        "ServerErrorAlarm",
        "SlowAnswerAlarm",
        "UnhealthyMachineAlarm",
    ]
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["AlarmDescription"].endswith((".", "admin."))


def test_alarm_of_dead_mail_knows_the_line_of_the_last_attempt(caplog, db):
    found = re.fullmatch(
        r'\{ \$\.logger = "([^"]+)" && \$\.message = "([^"]+)" \}', only("AWS::Logs::MetricFilter")["FilterPattern"]
    )
    assert found
    for attempts, is_last in ((len(BACKOFF), False), (len(BACKOFF) + 1, True)):
        caplog.clear()
        mail = OutboxMail(pk=7, attempts=attempts)
        mark_failed(mail, OSError("refused"), now=timezone.now())
        (record,) = caplog.records
        assert (record.name, fnmatch.fnmatchcase(record.getMessage(), found[2])) == (found[1], is_last)
