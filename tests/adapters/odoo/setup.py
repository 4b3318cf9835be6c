"""Puts an Odoo 19 into a folder for the tests: `python -m tests.adapters.odoo.setup`, which `make odoo` does.

The Debian package odoo-19 is taken from the unstable suite of the mirror that this machine's apt is set to, and only
unpacked; nothing is installed into the system. DEALGATE_ODOO_MIRROR names another mirror, DEALGATE_ODOO_DEB a package
that lies here already. What it needs of Python comes by pip into an environment of its own. Then a database is made
with the module crm, people, and a user for dealgate, and kept as a text that each run restores.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sys
import tempfile
import venv
from pathlib import Path

from .server import DATABASE, SERIES, NoOdoo, client, database, home, options, run, surroundings, words

PACKAGE = f"odoo-{SERIES}"
NEEDS = """
asn1crypto babel cbor2 chardet cryptography docutils geoip2 idna jinja2 libsass lxml lxml-html-clean markupsafe
num2words ofxparse openpyxl passlib pillow polib psutil psycopg2-binary pyopenssl pypdf python-dateutil python-stdnum
pytz qrcode reportlab requests rjsmin setuptools urllib3 vobject werkzeug<3.2 xlrd xlsxwriter xlwt zeep
""".split()
LOGINS = ("admin", "ann", "bea", "dealgate")
SEED = """
def person(login, name, *groups):
    found = env['res.users'].create({
        'login': login, 'name': name, 'email': login + '@example.com',
        'group_ids': [(6, 0, [env.ref(one).id for one in ('base.group_user', *groups)])]})
    found.password = SECRETS[login]
    return found

role = env['res.groups'].create({'name': 'dealgate'})
for model in ('mail.tracking.value', 'ir.model.fields'):
    env['ir.model.access'].create({
        'name': 'dealgate reads ' + model, 'model_id': env['ir.model']._get(model).id, 'group_id': role.id,
        'perm_read': True, 'perm_write': False, 'perm_create': False, 'perm_unlink': False})
person('ann', 'Ann Adler', 'sales_team.group_sale_salesman_all_leads')
person('bea', 'Bea Blum', 'sales_team.group_sale_salesman_all_leads')
robot = person('dealgate', 'dealgate', 'sales_team.group_sale_manager')
robot.group_ids = [(4, role.id)]
env.ref('base.user_admin').password = SECRETS['admin']
lead = env['ir.model']._get('crm.lead').id
for name, title, kind in (('x_readiness', 'Readiness', 'integer'), ('x_gate', 'Gate', 'char'),
                          ('x_missing', 'Missing', 'char'), ('x_note', 'Other', 'char')):
    env['ir.model.fields'].create({
        'name': name, 'field_description': title, 'ttype': kind, 'model_id': lead, 'state': 'manual'})
key = env['res.users.apikeys'].with_user(robot).sudo()._generate(None, 'dealgate', False)
env.cr.commit()
print('KEY', key)
"""


def main() -> None:
    """Makes it where it is not."""
    folder = home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others that come at the same time wait, and find it made
        if not (folder / "unpacked").exists():
            _say("getting the package")
            _unpack(folder)
            (folder / "unpacked").touch()
        if not (folder / "installed").exists():
            _say("installing what it needs of Python")
            shutil.rmtree(folder / "env", ignore_errors=True)
            venv.create(folder / "env", symlinks=True, with_pip=True)
            pip = folder / "env" / "bin" / "python"
            run(pip, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS)
            (folder / "installed").touch()
        if not (folder / "made").exists():
            _say("making a database with the module crm")
            _make(folder)
            (folder / "made").touch()
    _say(f"ready in {folder}")


def _unpack(folder: Path) -> None:
    shutil.rmtree(folder / "root", ignore_errors=True)
    given = os.environ.get("DEALGATE_ODOO_DEB")
    with tempfile.TemporaryDirectory(prefix="dg-deb-") as top:
        deb = Path(given) if given else _downloaded(Path(top))
        run("dpkg", "-x", deb, folder / "root")


def _downloaded(place: Path) -> Path:
    """The package, by apt with lists of its own: the machine's are not touched. Raises NoOdoo."""
    (place / "sources.list").write_text(f"deb {_mirror()} unstable main\n", "utf-8")
    for name in ("lists/partial", "cache/archives/partial"):
        (place / name).mkdir(parents=True)
    own = [
        f"Dir::Etc::sourcelist={place}/sources.list", "Dir::Etc::sourceparts=-", f"Dir::State::lists={place}/lists",
        f"Dir::Cache={place}/cache", f"APT::Sandbox::User={_name()}",
    ]  # fmt: skip
    said = [word for one in own for word in ("-o", one)]
    run("apt-get", *said, "-q", "update")
    run("sh", "-c", 'cd "$1" && shift && exec apt-get "$@"', "sh", place, *said, "-q", "download", PACKAGE)
    found = next(place.glob(f"{PACKAGE}_*.deb"), None)
    if found is None:
        raise NoOdoo(f"apt found no {PACKAGE}: name another mirror in DEALGATE_ODOO_MIRROR")
    return found


def _mirror() -> str:
    """The Debian mirror of this machine's apt. Raises NoOdoo."""
    named = os.environ.get("DEALGATE_ODOO_MIRROR")
    if named:
        return named
    told = run("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages")
    mine = [site for site in told.split() if site.rstrip("/").endswith("/debian")]
    if not mine:
        raise NoOdoo("apt here is set to no Debian mirror: name one in DEALGATE_ODOO_MIRROR")
    return mine[0]


def _name() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _make(folder: Path) -> None:
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    held = {login: secrets.token_hex(12) for login in LOGINS}
    env = surroundings(folder)
    with database() as socket_:
        told = options(folder, socket_, data)
        run(*words(folder, *told, "--init=crm", "--stop-after-init", "--without-demo=True", "--no-http"), env=env)
        seed = f"SECRETS = {held!r}\n{SEED}"
        said = run(*words(folder, "shell", *told, "--no-http", "--log-level=error"), text=seed, env=env)
        key = next((line.split()[1] for line in said.splitlines() if line.startswith("KEY ")), None)
        if key is None:
            raise NoOdoo(f"no API key was made: {said[-300:]}")
        dump = [client("pg_dump"), "-h", socket_, "-U", "postgres", "-f", folder / "template.sql", DATABASE]
        run(*dump)
    file = folder / "secrets.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({**held, "key": key}), "utf-8")


def _say(text: str) -> None:
    sys.stderr.write(f"odoo: {text}\n")


if __name__ == "__main__":
    try:
        main()
    except NoOdoo as why:
        sys.exit(f"odoo: {why}")
