#!/bin/bash
# User data of a GAS instance. Fill in the four values. The image must contain the release in /opt/gas
# (bin/, public/, reference/, deploy/ec2/), the AWS CLI and jq.
set -euo pipefail

GAS_ROLE=worker          # web, worker or utility
GAS_STACK=gas            # the CloudFormation stack
AWS_REGION=us-east-1     # where it is
GAS_SECRET_ARN=          # web and utility: the secret with the keys that deploy/README.md names
# Web: the address to listen on. Web and utility: the public URL of the web server.
GAS_LISTEN=0.0.0.0:8080
GAS_PUBLIC_URL=https://gas.example.org

id gas &>/dev/null || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin gas

if [ "$GAS_ROLE" = worker ] && ! command -v bwrap >/dev/null; then
  dnf install --assumeyes bubblewrap
fi

install -d -m 0755 /etc/gas
install -m 0600 /dev/null /etc/gas/instance.env
cat > /etc/gas/instance.env <<ENV
AWS_REGION=$AWS_REGION
GAS_STACK=$GAS_STACK
GAS_SECRET_ARN=$GAS_SECRET_ARN
GAS_LISTEN=$GAS_LISTEN
GAS_PUBLIC_URL=$GAS_PUBLIC_URL
ENV

install -m 0755 /opt/gas/deploy/ec2/gas-env /opt/gas/bin/gas-env
install -m 0644 "/opt/gas/deploy/ec2/gas-$GAS_ROLE.service" /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now "gas-$GAS_ROLE.service"
