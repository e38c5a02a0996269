#!/bin/bash
# Turns a bare Debian 12, on which the release has been unpacked, into a machine of the site. Runs once, as root, at the
# end of the user-data of deploy/aws/template.yaml, which has written /etc/palitas/site and /etc/palitas/machine.
# Whatever fails ends it, and CloudFormation goes back to the former release.
set -Eeuo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1
release=/opt/palitas/release
# shellcheck source=/dev/null
. /etc/palitas/machine

signal() {
    # A machine that was started by the load and not by an update has nobody to tell.
    aws cloudformation signal-resource --region "$REGION" --stack-name "$STACK" --logical-resource-id Machines \
        --unique-id "$(</var/lib/cloud/data/instance-id)" --status "$1" || true
}

step() { echo "palitas: $1 ($SECONDS s)"; }

install_packages() {
    apt-get -qq install --yes --no-install-recommends \
        curl libnginx-mod-http-brotli-static logrotate nginx postgresql-client python3-venv unattended-upgrades
    # A small machine has 1 or 2 GiB of memory, and a photo of 40 megapixels wants a moment's plenty.
    if [ ! -e /swapfile ]; then
        fallocate --length 1G /swapfile
        chmod 600 /swapfile
        mkswap --quiet /swapfile
        echo '/swapfile none swap sw 0 0' >>/etc/fstab
    fi
    swapon /swapfile
}

install_release() {
    id palitas >/dev/null 2>&1 || useradd --system --home-dir /var/lib/palitas --shell /usr/sbin/nologin palitas
    install --directory --owner palitas --group palitas --mode 750 /var/lib/palitas /var/log/palitas
    python3 -m venv "$release/.venv"
    # A release may bring its wheels along, and then needs nobody else.
    local source=()
    [ ! -d "$release/wheels" ] || source=(--no-index --find-links "$release/wheels")
    "$release/.venv/bin/pip" install --quiet "${source[@]}" --requirement "$release/requirements.txt"
    install --mode 755 "$release/deploy/aws/manage.sh" /usr/local/bin/palitas
}

write_environment() {
    curl --fail --silent --show-error --retry 5 --output /etc/palitas/rds.pem \
        https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
    # Each of the two gunicorns takes half of the cores.
    echo "WEB_WORKERS='$((($(nproc) + 1) / 2))'" >>/etc/palitas/site
    install --mode 640 --group palitas /dev/null /etc/palitas/environment
    "$release/.venv/bin/python" "$release/deploy/aws/environment.py" >/etc/palitas/environment
}

put_in_place() {
    # Of several machines that start at the same time one does it, and the others wait. A change of a table that does
    # not get its turn within two seconds gives up, so that nobody queues behind it, and is tried again.
    local attempt
    for attempt in {1..20}; do
        ! PGOPTIONS='-c lock_timeout=2s -c statement_timeout=15min' palitas release || break
        [ "$attempt" -lt 20 ]
        sleep 5
    done
    install --directory --owner palitas "$release/var"
    palitas collectstatic --no-input --verbosity 0
}

install_log_agent() {
    local package=/tmp/amazon-cloudwatch-agent.deb
    local bucket="https://amazoncloudwatch-agent-$REGION.s3.$REGION.amazonaws.com"
    curl --fail --silent --show-error --retry 5 --output "$package" \
        "$bucket/debian/$(dpkg --print-architecture)/latest/amazon-cloudwatch-agent.deb"
    dpkg --install "$package" >/dev/null
    sed "s|LOG_GROUP|$LOG_GROUP|" "$release/deploy/aws/log-agent.json" >/etc/palitas/log-agent.json
    /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \
        -a fetch-config -m ec2 -s -c file:/etc/palitas/log-agent.json >/dev/null
}

start() {
    install --mode 644 "$release/deploy/aws/logrotate" /etc/logrotate.d/palitas
    install --mode 644 "$release"/deploy/systemd/palitas-*.service /etc/systemd/system/
    install -D --mode 644 "$release/deploy/systemd/nginx.service.d/palitas.conf" \
        /etc/systemd/system/nginx.service.d/palitas.conf
    # The balancer is in the public subnets; whoever else says where a visitor came from is not believed.
    python3 "$release/deploy/nginx/render.py" --static "$release/var/static" \
        --gunicorn 127.0.0.1:8001 --gunicorn 127.0.0.1:8002 --balancer 10.20.0.0/19 >/etc/nginx/nginx.conf
    systemctl daemon-reload
    systemctl enable --quiet --now palitas-web@8001 palitas-web@8002 palitas-worker palitas-metrics
    systemctl restart nginx
}

wait_until_ready() {
    local attempt
    for attempt in {1..60}; do
        ! curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1/salud/listo/ || return 0
        sleep 2
    done
    echo "palitas: not ready after $attempt attempts" >&2
    return 1
}

trap 'signal FAILURE' ERR
step "Packages"
install_packages
step "Release"
install_release
step "Environment"
write_environment
step "Database and static files"
put_in_place
step "Start"
start
wait_until_ready
# The balancer sends people here after two of its questions, ten seconds apart; at the signal a former machine goes.
sleep 40
# The site serves without the agent; its logs are in /var/log/palitas meanwhile.
install_log_agent || echo "palitas: logs are not sent to CloudWatch" >&2
signal SUCCESS
step "Serving"
