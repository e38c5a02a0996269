#!/usr/bin/env python3
"""Writes nginx's configuration for this machine to the standard output; needs nothing but Python.

    deploy/nginx/render.py --listen 80 --static /opt/palitas/release/var/static --gunicorn 127.0.0.1:8001 \
        --gunicorn 127.0.0.1:8002 --balancer 10.0.0.0/16 > /etc/nginx/nginx.conf
"""

import argparse
import ipaddress
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Debian's package libnginx-mod-http-brotli-static.
BROTLI_MODULE = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
# What nginx would read as more than a word; paths and addresses here have none of it.
PLAIN = re.compile(r"[\w./:@\[\]-]+")


def plain(word: str) -> str:
    """Return ``word``; raises ValueError if it could be read as more than one word of a configuration."""
    if not PLAIN.fullmatch(word):
        raise ValueError(word)
    return word


def user(word: str) -> str:
    """Return a name, or nothing; raises ValueError for what is more than a word."""
    return plain(word) if word else ""


def network(word: str) -> str:
    """Return a range of addresses as nginx reads it; raises ValueError if it is none."""
    return str(ipaddress.ip_network(word))


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    options = argparse.ArgumentParser(description="Write nginx's configuration to the standard output.")
    word: dict[str, Any] = {"type": plain}
    many: dict[str, Any] = {"action": "append", "default": []}
    options.add_argument("--gunicorn", **many, **word, required=True, help="host:port of one; say it for each")
    options.add_argument("--static", **word, required=True, help="the folder that collectstatic writes")
    options.add_argument("--listen", **many, **word, help="port or address:port for http (default: 80)")
    options.add_argument("--listen-tls", **many, **word, help="the same for https; needs a certificate")
    options.add_argument("--certificate", **word, help="PEM file with the chain")
    options.add_argument("--key", **word, help="PEM file with its key")
    options.add_argument("--balancer", **many, type=network, help="range of addresses whose X-Forwarded-… are believed")
    options.add_argument("--user", type=user, default="www-data", help="of nginx's workers; empty when it is not root")
    options.add_argument("--state", **word, default="/var/lib/nginx", help="folder for what is on its way")
    options.add_argument("--pid", **word, default="/run/nginx.pid")
    options.add_argument("--error-log", **word, default="/var/log/nginx/error.log")
    return options


def render(asked: argparse.Namespace) -> str:
    """Return the configuration; raises SystemExit with a sentence when what was asked for does not fit together."""
    if asked.listen_tls and not (asked.certificate and asked.key):
        raise SystemExit("--listen-tls needs --certificate and --key.")
    has_brotli = BROTLI_MODULE.exists()
    listens = [f"listen {where} default_server;" for where in asked.listen or ([] if asked.listen_tls else ["80"])]
    listens += [f"listen {where} ssl http2 default_server;" for where in asked.listen_tls]
    certificate = [
        f"ssl_certificate {asked.certificate};",
        f"ssl_certificate_key {asked.key};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:tls:10m;",
        "ssl_session_tickets off;",
    ]
    places = {
        "USER": f"user {asked.user};" if asked.user else "",
        "PID": asked.pid,
        "ERROR_LOG": asked.error_log,
        "MODULES": f"load_module {BROTLI_MODULE};" if has_brotli else "",
        "BROTLI": "brotli_static on;" if has_brotli else "",
        "STATE": asked.state,
        "STATIC": asked.static.rstrip("/"),
        "PAGES": str(HERE / "pages"),
        "BALANCERS": lines(4, [f"set_real_ip_from {balancer};" for balancer in asked.balancer]),
        "BALANCER_RANGES": lines(8, [f"{balancer} 1;" for balancer in asked.balancer]),
        "GUNICORNS": lines(8, [f"server {gunicorn} max_fails=5 fail_timeout=2s;" for gunicorn in asked.gunicorn]),
        "LISTEN": lines(8, listens),
        "CERTIFICATE": lines(8, certificate if asked.listen_tls else []),
    }
    template = (HERE / "nginx.conf.template").read_text()
    written = re.sub(r"@([A-Z_]+)@", lambda found: places[found[1]], template)
    return re.sub(r"\n[ ]*\n([ ]*\n)+", "\n\n", written)


def lines(indent: int, statements: list[str]) -> str:
    """Return statements each on a line of its own."""
    return "\n".join(" " * indent + statement for statement in statements)


if __name__ == "__main__":
    sys.stdout.write(render(parser().parse_args()))
