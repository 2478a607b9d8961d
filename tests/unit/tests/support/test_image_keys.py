"""tests/support/image_keys.py: the names that files of each kind use."""

from tests.support.image_keys import names_in

YAML = """
http:
  routers: {mine: {rule: x, tls: {}}}
  services: {mine: {loadBalancer: {servers: []}}}
jobs:
  - name: a
    params: {module: [tcp]}
  - targets: [1, 2]
"""
NGINX = """
daemon off; # in front
http {
    init_by_lua_block {
        if ngx.time() then ngx.ctx.mine = { a = 1 } end
    }
    map $a $b { default "x;y"; }
    location ~ ^/(a|b)$ { return 404 "no {"; }
}
"""
HAPROXY = """
global
  log stdout format raw # or not
.if version_atleast(2.8)
frontend f
  bind :443 ssl crt /a ssl-min-ver TLSv1.3
  http-request deny deny_status 403 unless wanted
"""


def test_names_that_somebody_chose_are_stars() -> None:
    keys = {"http.routers.*.rule", "http.routers.*.tls", "http.services.*.loadBalancer.servers"}
    assert names_in("/a/b.yaml", YAML) == keys | {"jobs.name", "jobs.params.*", "jobs.targets"}


def test_directives_of_nginx_have_no_lua_among_them() -> None:
    directives = {"daemon", "http", "init_by_lua_block", "map", "location", "return"}
    assert names_in("/a/nginx.conf", NGINX) == directives | {"ngx.time", "ngx.ctx"}


def test_keywords_of_haproxy_have_the_options_of_listeners() -> None:
    keywords = {".if", "log", "bind", "bind ssl", "bind ssl-min-ver", "http-request deny"}
    assert names_in("/a/haproxy.cfg", HAPROXY) == keywords


def test_functions_of_lua_are_found_outside_comments() -> None:
    assert names_in("/a/b.lua", "core.log(1) -- core.gone\napplet:send(x)\nlocal core = 1") == {
        "core.log",
        "applet:send",
    }


def test_other_files_use_no_names() -> None:
    assert names_in("/a/b.pem", "x") == names_in("/a/b.json", "{}") == names_in("/a/b.sh", "x") == set()
