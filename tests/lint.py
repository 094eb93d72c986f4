"""``./run lint``: everything a machine can say about the code, one line per check; the first fault's output in full."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

#: What a production start looks like to ``check --deploy``; nothing is opened or sent.
PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": secrets.token_hex(48),
    "VAULT_KEY": secrets.token_hex(32),
    "LEDGER_KEY": secrets.token_hex(32),
    "LOOKUP_KEY": secrets.token_hex(32),
    "LEDGER_ORIGIN": "ledger.portal.example/2026",
    "DATABASE_URL": "postgres://portal@db.example/portal",
    "MIGRATE_DATABASE_URL": "postgres://portal_owner@db.example/portal",
    "KEYS_DATABASE_URL": "postgres://portal@keys.example/keys",
    "REDIS_URL": "redis://broker.example/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "ALLOWED_HOSTS": "privacy.portal.example",
    "SITE_URL": "https://privacy.portal.example",
    "DEFAULT_FROM_EMAIL": "privacy@portal.example",
    "SECURITY_CONTACT": "mailto:security@portal.example",
    "BEHIND_PROXY": "1",
    "TRUSTED_PROXIES": "1",
}

CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "."], {}),
    ("ruff", [str(BIN / "ruff"), "check", "."], {}),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"], {}),
    ("words", [sys.executable, "-m", "tests.words"], {}),
    ("djlint", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], {}),
    ("mypy", [str(BIN / "mypy")], {}),
    ("dependencies", [str(BIN / "deptry"), "."], {}),
    ("sbom", [str(ROOT / "run"), "sbom", "--output-file", os.devnull], {}),
    ("advisories", [sys.executable, "-m", "tests.advisories"], {}),
    ("migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
    ("checks", [sys.executable, "manage.py", "check", "--fail-level", "WARNING"], {}),
    ("deploy", [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
]


def main() -> int:
    """Run every check; the exit code is 1 when one fails."""
    failed = []
    for name, command, environment in CHECKS:
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - start:.0f} s)", flush=True)
        if name in {"advisories", "words"}:
            print(f"  {done.stdout.splitlines()[-1] if done.stdout else ''}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    print("lint: " + ("all checks passed" if not failed else f"failed: {', '.join(failed)}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
