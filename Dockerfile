# The portal as an image: pages, workers, timetable and commands are the same image with another command.
# docker build -t onesetu-portal:local .   (what no image may hold is named in .dockerignore)
FROM python:3.13-slim AS packages
WORKDIR /opt/onesetu
COPY requirements.lock .
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.13-slim
# pg_dump and pg_restore for backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home onesetu \
    && install -d -m 0700 -o onesetu -g onesetu /var/lib/onesetu /srv/anchor /srv/backup-data /srv/backup-keys
WORKDIR /opt/onesetu
COPY --from=packages /opt/onesetu/.venv .venv
COPY . .
RUN for po in portal/locale/*/LC_MESSAGES/django.po; do \
        .venv/bin/pybabel --quiet compile --use-fuzzy -i "$po" -o "${po%.po}.mo"; \
    done
ENV PATH=/opt/onesetu/.venv/bin:$PATH PORTAL_VAR=/var/lib/onesetu PYTHONDONTWRITEBYTECODE=1
USER onesetu
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "8", "--timeout", "60"]
