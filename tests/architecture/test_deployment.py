"""The examples in portal/docs/deployment do what their README says."""

import re
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = ROOT / "portal/docs/deployment"


def unit(name: str) -> list[tuple[str, str]]:
    """The lines of a unit as pairs of name and value, in their order."""
    lines = (DEPLOYMENT / name).read_text().splitlines()
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines if "=" in line and line[0] != "#"]


def escaped(instance: str) -> str:
    """What ``systemctl`` makes of the name of an instance before it looks for the unit."""
    return re.sub(r"[^A-Za-z0-9:_.\\@-]", lambda found: f"\\x{ord(found[0]):02x}", instance)


def unescaped(instance: str) -> str:
    """What ``%I`` stands for, where ``%i`` is the name as it is escaped."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), instance.replace("-", "/"))


def test_the_workers_that_the_readme_enables_serve_every_queue() -> None:
    (command,) = re.findall(r"`systemctl enable --now ([^`]+)`", (DEPLOYMENT / "README.md").read_text())
    workers = re.findall(r"onesetu-worker@(\S+)", command)
    served: list[str] = []
    for worker in workers:
        start = dict(unit("onesetu-worker@.service"))["ExecStart"]
        line = start.replace("%i", escaped(worker)).replace("%I", unescaped(escaped(worker)))
        served += re.findall(r" -Q (\S+)", line)[0].split(",")
    assert sorted(served) == sorted(settings.QUEUES)


def test_the_workers_in_containers_and_in_the_handbook_serve_every_queue() -> None:
    for path in (DEPLOYMENT / "compose.yaml", DEPLOYMENT.parent / "operators.md"):
        text = path.read_text().partition("## Reading text in pictures")[0]
        served = [queues.split(",") for queues in re.findall(r"worker -n \S+ -Q (\S+)", text)]
        assert sorted(queue for queues in served for queue in queues) == sorted(settings.QUEUES), path.name
        assert ["ledger"] in served, "three slow mails must not stop sealing"
        assert ["codes"] in served, "a code that somebody waits for must not wait for a list of letters"


def test_only_the_backup_can_read_what_opens_backups() -> None:
    units = {path.name: unit(path.name) for path in DEPLOYMENT.glob("*.service")}
    backup = dict(units.pop("onesetu-backup.service"))
    assert len(units) == 3
    settings_of_it = dict(unit("backup.env.example"))
    assert len(settings_of_it) == 4
    for name, lines in units.items():
        assert backup["User"] != dict(lines)["User"], (
            f"{name} could read whatever the backup can, and the backup's memory"
        )
        assert backup["Group"] != dict(lines)["Group"], name
        assert "/etc/onesetu/backup.env" not in dict(lines)["EnvironmentFile"]
        closed = [path.lstrip("-") for key, value in lines if key == "InaccessiblePaths" for path in value.split()]
        for path in settings_of_it.values():
            assert any(path == one or path.startswith(f"{one}/") for one in closed), f"{name} reaches {path}"
    assert [line.split()[-1] for key, line in unit("onesetu-backup.service") if key == "ExecStart"] == ["--nightly"]
    assert "StateDirectory" not in backup, "systemd would give the portal's data to the backup's user"
    assert backup["ReadWritePaths"].split() == [settings_of_it["BACKUP_DIR"], settings_of_it["BACKUP_KEYS_DIR"]]


def test_no_log_of_the_proxy_holds_an_address_or_who_asked() -> None:
    servers = re.split(r"^server {", (DEPLOYMENT / "nginx.conf").read_text(), flags=re.MULTILINE)[1:]
    assert len(servers) == 2
    for server in servers:
        logs = dict(re.findall(r"^    (access_log|error_log) \S+ (\w+);", server, flags=re.MULTILINE))
        assert logs == {"access_log": "onesetu_short", "error_log": "emerg"}, server[:60]
    (words,) = re.findall(r"log_format onesetu_short '([^']+)'", (DEPLOYMENT / "nginx.conf").read_text())
    assert not {"$request", "$request_uri", "$uri", "$remote_addr", "$http_referer"} & set(words.split())


def containers() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOYMENT / "compose.yaml").read_text())
    return found


def test_the_containers_find_each_secret_where_it_is_mounted() -> None:
    named = re.findall(r"^(\w+_FILE)=", (DEPLOYMENT / "portal.env.example").read_text(), flags=re.MULTILINE)
    services = {name: one for name, one in containers()["services"].items() if "build" in one}
    assert set(services) == {"setup", "web", "ledger", "codes", "worker", "beat", "backup"}
    for name, service in services.items():
        given = service.get("environment", {})
        assert set(named) <= set(given), (
            f"{name}: the file of settings names places of the machine, not of the container"
        )
        mounted = {f"/run/secrets/{secret}" for secret in service["secrets"]}
        assert {value for key, value in given.items() if key.endswith("_FILE")} <= mounted, name
        assert set(service["secrets"]) <= set(containers()["secrets"])
    assert "MIGRATE_DATABASE_URL_FILE" in services["setup"]["environment"]
    for name in ("MIGRATE_DATABASE_URL_FILE", "BACKUP_KEY_FILE"):
        holders = {one for one, service in services.items() if name in service["environment"]}
        assert holders <= {"setup", "backup"}, f"{name} opens more than a page or a task needs"
    assert all(volume.endswith(":ro") for volume in services["backup"]["volumes"][:2]), "it reads and changes nothing"


def test_every_service_of_the_containers_is_asked_whether_it_lives_or_is_started_by_hand() -> None:
    services = containers()["services"]
    assert {name for name, one in services.items() if "healthcheck" in one} == {"web", "database", "keys", "broker"}
    assert all("mem_limit" in one for one in services.values() if "build" in one)
    command = services["broker"]["command"]
    assert "noeviction" in command, "a broker that throws away what waits loses nudges in silence"


def test_the_image_is_built_from_the_locked_packages_and_holds_no_compiler() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --only-binary :all: -r requirements.lock" in text
    assert "USER onesetu" in text
    assert containers()["x-portal"]["build"] == {"context": "../../.."}


def test_every_setting_that_is_read_is_in_the_handbook() -> None:
    read = re.compile(r"""(?:env\.\w+|_key|_database)\(\s*"([A-Z_]+)\"""")
    names = set(read.findall((ROOT / "portal/settings.py").read_text()))
    names |= set(re.findall(r'os\.environ\.get\("([A-Z_]+)"', (ROOT / "portal/settings.py").read_text()))
    pages = [*(ROOT / "portal/docs").glob("*.md"), *DEPLOYMENT.iterdir(), ROOT / "README.md"]
    told = "\n".join(path.read_text() for path in pages)
    assert len(names) > 40
    assert not {name for name in names if name not in told}


def test_neither_an_image_nor_the_repository_takes_keys_settings_or_data_in() -> None:
    context = (DEPLOYMENT / containers()["x-portal"]["build"]["context"]).resolve()
    assert context == ROOT, "what is left out is said there"
    kept = {str((DEPLOYMENT / one["file"]).parent.relative_to(ROOT)) for one in containers()["secrets"].values()}
    kept |= {str((DEPLOYMENT / one["env_file"]).relative_to(ROOT)) for one in [containers()["x-portal"]]}
    for name in (".dockerignore", ".gitignore"):
        left_out = {line.strip("/") for line in (ROOT / name).read_text().splitlines()}
        assert kept | {"var", ".venv", ".venv-*"} <= left_out, name
    assert ".git" in (ROOT / ".dockerignore").read_text().splitlines()
